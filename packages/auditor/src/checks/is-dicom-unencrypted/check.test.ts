import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T01 is DICOM unencrypted', () => {
  test('exposed: an association in clear', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: DICOM over TLS', async () => {
    await using pacs = await startSimulatedPacs({ tls: testCertificate() });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
