import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T03 are old TLS versions accepted', () => {
  test('exposed: TLS 1.0 and 1.1 (RFC 8996)', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate(), minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { accepted: 'TLS 1.0, TLS 1.1' } });
  });

  test('protected: TLS 1.2 and 1.3 only', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate(), minVersion: 'TLSv1.2' } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
