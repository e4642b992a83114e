import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T04 are weak ciphers accepted', () => {
  test('exposed: static RSA and CBC with SHA-1', async () => {
    await using pacs = await startSimulatedPacs({
      tls: {
        ...testCertificate({ keyType: 'rsa-2048' }),
        ciphers: 'AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:@SECLEVEL=0',
      },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { accepted: 'static RSA, CBC with SHA-1' },
    });
  });

  test('protected: ECDHE with AES-GCM only (PS3.15 B.12)', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate({ keyType: 'rsa-2048' }), ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
