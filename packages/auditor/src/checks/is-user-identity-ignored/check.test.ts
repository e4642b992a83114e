import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D18 is user identity ignored', () => {
  test('exposed: accepted without and with a made-up identity (PS3.7 D.3.3.7)', async () => {
    await using pacs = await startSimulatedPacs({ userIdentity: 'ignores' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: the made-up identity is refused', async () => {
    await using pacs = await startSimulatedPacs({ userIdentity: 'checks' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
