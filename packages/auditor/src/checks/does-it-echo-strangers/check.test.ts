import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D04 does it echo strangers', () => {
  test('exposed: C-ECHO-RSP 0000 (PS3.7 9.1.5)', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { status: '0000' } });
  });

  test('protected: no association, no message', async () => {
    await using pacs = await startSimulatedPacs({ form: 'rejects' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
