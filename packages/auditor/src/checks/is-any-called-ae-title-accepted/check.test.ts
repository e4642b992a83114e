import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D02 is any called AE title accepted', () => {
  test('exposed: a random title is accepted', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: 1/1/7 called AE title not recognised (PS3.8 Table 9-21)', async () => {
    await using pacs = await startSimulatedPacs({ form: 'checks-called' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { association: 'rejected 1/1/7' } });
  });
});
