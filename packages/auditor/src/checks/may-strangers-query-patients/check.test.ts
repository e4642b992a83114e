import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D07 may strangers query patients', () => {
  test('exposed: status 0000', async () => {
    await using pacs = await startSimulatedPacs({ patients: 4 });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', grants: ['A3'] });
  });

  test('exposed: patients are counted where the scope asks for it', async () => {
    await using pacs = await startSimulatedPacs({ patients: 4 });
    const verdict = await askOne(check, { port: pacs.port, optIns: ['counting'] });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { patients: 4, isLowerBound: false } });
  });

  test('protected: the Patient Root model is not offered', async () => {
    await using pacs = await startSimulatedPacs({ offers: (uid) => uid !== '1.2.840.10008.5.1.4.1.2.1.1' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
