import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D09 is the worklist open', () => {
  test('exposed: status 0000 (PS3.4 K.4.1.1.4)', async () => {
    await using pacs = await startSimulatedPacs({ offers: (uid) => uid === '1.2.840.10008.5.1.4.31' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: the worklist is not offered', async () => {
    await using pacs = await startSimulatedPacs({ offers: (uid) => uid !== '1.2.840.10008.5.1.4.31' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
