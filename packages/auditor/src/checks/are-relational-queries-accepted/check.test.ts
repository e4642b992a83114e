import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D10 are relational queries accepted', () => {
  test('exposed: the extended negotiation is echoed (PS3.4 C.5.1.1)', async () => {
    await using pacs = await startSimulatedPacs({ relationalQueries: true });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: no extended negotiation in the answer', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
