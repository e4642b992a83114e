import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T07 is the key weak or shared', () => {
  test('exposed: RSA with 1024 bits', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate({ keyType: 'rsa-1024' }), ciphers: 'ALL:@SECLEVEL=0' },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { bits: 1024 } });
  });

  test('protected: P-256, and its hash to compare', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate() } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { curve: 'prime256v1', isSha1: false } });
  });
});
