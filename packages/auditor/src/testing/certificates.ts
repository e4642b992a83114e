import { generateKeyPairSync } from 'node:crypto';
import { certificateOf } from '../transport/throwaway-certificate.ts';
import type { ThrowawayCertificate } from '../transport/throwaway-certificate.ts';

const DAY_MS = 86_400_000;

export interface TestCertificateOptions {
  readonly commonName?: string;
  /** Days from now until it ends; negative is expired. */
  readonly daysLeft?: number;
  readonly keyType?: 'ec' | 'rsa-2048' | 'rsa-1024';
  /** Signed by an authority of the test instead of itself. */
  readonly isIssued?: boolean;
}

/** A server's certificate for tests. */
export function testCertificate(options: TestCertificateOptions = {}): ThrowawayCertificate {
  const { commonName = 'pacs.test', daysLeft = 30, keyType = 'ec' } = options;
  const keys =
    keyType === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: keyType === 'rsa-1024' ? 1024 : 2048 });
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return certificateOf({
    commonName,
    notBefore: new Date(Date.now() - 365 * DAY_MS),
    notAfter: new Date(Date.now() + daysLeft * DAY_MS),
    keys,
    ...(options.isIssued === true
      ? { issuer: { commonName: 'authority of the test', privateKey: authority.privateKey } }
      : {}),
  });
}
