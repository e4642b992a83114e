import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D21 is the product past its end', () => {
  test('exposed: DCMTK 3.6.1, a snapshot before 3.6.2 of 2017', async () => {
    await using pacs = await startSimulatedPacs({ implementationVersionName: 'OFFIS_DCMTK_361' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: a maintained version', async () => {
    await using pacs = await startSimulatedPacs({ implementationVersionName: 'OFFIS_DCMTK_369' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
