import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { check } from './check.ts';

describe('T06 is the certificate invalid', () => {
  test('exposed: self-signed', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate() } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { isSelfSigned: true, isExpired: false } });
  });

  test('exposed: expired', async () => {
    await using pacs = await startSimulatedPacs({
      tls: { ...testCertificate({ isIssued: true, daysLeft: -3 }) },
    });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { isExpired: true, isSelfSigned: false } });
  });

  test('protected: issued and in its time', async () => {
    await using pacs = await startSimulatedPacs({ tls: { ...testCertificate({ isIssued: true }) } });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'dicom-tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
