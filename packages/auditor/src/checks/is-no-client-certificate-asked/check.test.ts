import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T08 is no client certificate asked', () => {
  test('exposed: an association without a certificate', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate() } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: required, TLS 1.2', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate(), requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('protected: required, TLS 1.3', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate(), requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
