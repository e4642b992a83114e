import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { DH_1024 } from '../../testing/dh-1024.ts';
import { check } from './check.ts';

describe('T05 are key exchanges weak', () => {
  test('exposed: DHE with 1024 bits (PS3.15 B.13)', async () => {
    const dhparam = DH_1024;
    await using pacs = await startSimulatedPacs({
      tls: {
        ...testCertificate({ keyType: 'rsa-2048' }),
        ciphers: 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0',
        dhparam,
      },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { dheBits: 1024 } });
  });

  test('protected: ECDHE on P-256', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate(), ecdhCurve: 'P-256' } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { namedGroup: 23 } });
  });
});
