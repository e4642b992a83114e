import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D23 does half a PDU hold it', () => {
  test('exposed: still open when the wait is over', async () => {
    await using pacs = await startSimulatedPacs({ artimMs: 20_000 });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: ARTIM closes it (PS3.8 9.1.5)', async () => {
    await using pacs = await startSimulatedPacs({ artimMs: 200 });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
