import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { orthancPages, startSimulatedWeb } from '../../testing/simulated-pacs.ts';
import { basicChallenge, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W02 is a product counter open', () => {
  test("exposed: Orthanc's statistics, counted exactly", async () => {
    await using web = await startSimulatedWeb(orthancPages({ studies: 4_924_141, images: 179_533_940 }));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['H'],
      counts: {
        studies: { value: 4_924_141, isLowerBound: false },
        images: { value: 179_533_940, isLowerBound: false },
      },
    });
  });

  test("exposed: dcm4chee's count of studies", async () => {
    const json = { headers: { 'Content-Type': 'application/json' }, body: '{"count":77}' };
    await using web = await startSimulatedWeb({ '/dcm4chee-arc/aets/DCM4CHEE/rs/studies/count': json });
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', counts: { studies: { value: 77 } } });
  });

  test('protected: Orthanc with a login', async () => {
    await using web = await startWeb(() => basicChallenge('Orthanc Secure Area'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { status: 401 } });
  });

  test.each([
    ['negative', '{"CountStudies":-1,"CountInstances":2}'],
    ['no number', '{"CountStudies":"CANARY","CountInstances":2}'],
    ['no JSON', 'CANARY'],
    ['too long', `{"x":"${'y'.repeat(5_000)}"}`],
  ])('not applicable: a counter page that is %s', async (_title, body) => {
    const page = { headers: { 'Content-Type': 'application/json' }, body };
    await using web = await startSimulatedWeb({ '/statistics': page });
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict.outcome).toBe('notApplicable');
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });
});
