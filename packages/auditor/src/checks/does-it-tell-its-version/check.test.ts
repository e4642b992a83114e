import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

describe('D20 does it tell its version', () => {
  test('exposed: DCMTK 3.6.6 with its published faults', async () => {
    await using pacs = await startSimulatedPacs({
      implementationVersionName: 'OFFIS_DCMTK_366',
      implementationClassUID: '1.2.276.0.7230010.3.0.3.6.6',
    });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { product: 'DCMTK', version: '3.6.6' } });
  });

  test('protected: a name without a version', async () => {
    await using pacs = await startSimulatedPacs({ implementationVersionName: 'ARCHIVE' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
