import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { expectC000Judged } from '../../testing/failed-retrieve.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D11 is C-GET permitted', () => {
  test('exposed: status 0000 without sub-operations (PS3.4 C.4.3.1.4)', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['A5'],
      evidence: { status: '0000', subOperations: 0 },
    });
  });

  test('protected: C-GET is not offered', async () => {
    await using pacs = await startSimulatedPacs({ offers: (uid) => !uid.endsWith('.3') });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('protected: 0124 refused, not authorized', async () => {
    await using pacs = await startSimulatedPacs({ form: 'refuses-queries' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test.each([
    ['Orthanc Secure Area', 'exposed'],
    ['Another Archive', 'inconclusive'],
  ])('C000 beside a web door with the realm %s: %s', (realm, outcome) =>
    expectC000Judged(check, realm, outcome),
  );
});
