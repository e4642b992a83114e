import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D05 may strangers query studies', () => {
  test('exposed: no match and status 0000 (PS3.4 C.4.1.1.4)', async () => {
    await using pacs = await startSimulatedPacs({ studies: 12, canary: 'CANARY^NAME' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['A3'],
      evidence: { status: '0000', matches: 0 },
    });
  });

  test('protected: 0124 refused, not authorized (PS3.7 Annex C)', async () => {
    await using pacs = await startSimulatedPacs({ form: 'refuses-queries' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { status: '0124' } });
  });

  test('protected: the server ends the association instead', async () => {
    await using pacs = await startSimulatedPacs({ form: 'aborts-queries' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
