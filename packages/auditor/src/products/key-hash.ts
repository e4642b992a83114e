import { hash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';

/** SHA-256 of a certificate's public key (SubjectPublicKeyInfo), hexadecimal: the same key on two hosts shows. */
export function keyHashOf(certificate: X509Certificate): string {
  return hash('sha256', certificate.publicKey.export({ type: 'spki', format: 'der' }));
}
