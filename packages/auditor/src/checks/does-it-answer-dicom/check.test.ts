import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { throwawayCertificate } from '../../transport/throwaway-certificate.ts';
import { check } from './check.ts';

describe('D01 does it answer DICOM', () => {
  test('exposed: an association is accepted', async () => {
    await using pacs = await startSimulatedPacs({});
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['A1'],
      evidence: { association: 'accepted' },
    });
  });

  test('exposed: an A-ASSOCIATE-RJ is an answer too (PS3.8 9.3.4)', async () => {
    await using pacs = await startSimulatedPacs({ form: 'rejects' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { association: 'rejected 1/1/1' } });
  });

  test('protected: TLS asks for a certificate before a byte of DICOM', async () => {
    const identity = throwawayCertificate(new Date());
    const tls = { ...identity, requestCert: true, rejectUnauthorized: true };
    await using pacs = await startSimulatedPacs({ tls });
    const verdict = await askOne(check, { port: pacs.port, protocol: 'tls' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
    expect(pacs.associations()).toBe(0);
  });
});
