import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T09 is an untrusted certificate accepted', () => {
  test('exposed: any certificate opens it', async () => {
    const tls = { ...testCertificate(), requestCert: true, rejectUnauthorized: false };
    await using pacs = await startSimulatedPacs({ tls, needsAnyCertificate: true });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: only a known authority is accepted', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate(), requestCert: true, rejectUnauthorized: true },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('not applicable: no certificate is needed', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate() } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable' });
  });
});
