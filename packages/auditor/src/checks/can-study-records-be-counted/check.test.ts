import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D06 can study records be counted', () => {
  test('exposed: records are counted, not read', async () => {
    await using pacs = await startSimulatedPacs({ studies: 37, canary: 'CANARY^NAME' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['A4'],
      counts: { studies: { value: 37, isLowerBound: false } },
    });
  });

  test('exposed: counting is cancelled at the cap and says so', async () => {
    await using pacs = await startSimulatedPacs({ studies: 5_000 });
    const verdict = await askOne(check, { port: pacs.port, rates: { countingCap: 100 } });
    expect(verdict).toMatchObject({ counts: { studies: { value: 100, isLowerBound: true } } });
  });

  test('protected: queries are refused', async () => {
    await using pacs = await startSimulatedPacs({ form: 'refuses-queries', studies: 37 });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
