import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { basicChallenge, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('D12 is C-MOVE permitted', () => {
  test('exposed: A801, the order itself was allowed (PS3.4 Table C.4-2)', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { status: 'A801' } });
  });

  test('protected: 0124 refused, not authorized', async () => {
    await using pacs = await startSimulatedPacs({ form: 'refuses-queries' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test.each([
    ['Orthanc Secure Area', 'exposed'],
    ['Another Archive', 'inconclusive'],
  ])('C000 beside a web door with the realm %s: %s', async (realm, outcome) => {
    await using pacs = await startSimulatedPacs({ retrieveStatus: 0xc000 });
    await using web = await startWeb(() => basicChallenge(realm));
    const others = [{ port: web.port, protocol: 'http' }];
    const verdict = await askOne(check, { port: pacs.port, others });
    expect(verdict).toMatchObject({ outcome, evidence: { status: 'C000' } });
    expect((await askOne(check, { port: pacs.port })).outcome).toBe('inconclusive');
  });
});
