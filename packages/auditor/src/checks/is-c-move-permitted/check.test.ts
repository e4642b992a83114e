import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { expectC000Judged } from '../../testing/failed-retrieve.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
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
  ])('C000 beside a web door with the realm %s: %s', (realm, outcome) =>
    expectC000Judged(check, realm, outcome),
  );
});
