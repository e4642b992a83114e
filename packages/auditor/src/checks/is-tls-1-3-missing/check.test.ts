import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T10 is TLS 1.3 missing', () => {
  test('exposed: TLS 1.2 only', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate(), maxVersion: 'TLSv1.2' } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: TLS 1.3', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate() } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
