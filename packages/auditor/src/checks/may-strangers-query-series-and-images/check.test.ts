import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D08 may strangers query series and images', () => {
  test('exposed: both levels answer 0000', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { series: 'exposed', images: 'exposed' } });
  });

  test('protected: queries are refused', async () => {
    await using pacs = await startSimulatedPacs({ form: 'refuses-queries' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
