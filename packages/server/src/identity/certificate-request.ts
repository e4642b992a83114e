import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import { IdentityError } from './errors.ts';

/** An RSA 8192 request has about 3,000 characters; anything far beyond is not one. */
export const CERTIFICATE_REQUEST_LENGTH_MAX = 16 * 1024;
/** PS3.15 B.13 and BCP 195: no RSA below 2048. The upper end bounds the work a handshake costs us. */
const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 8192;
const CURVES: readonly string[] = ['prime256v1', 'secp384r1'];

/**
 * Reads a PKCS#10 request (RFC 2986) and gives its public key once the request's own signature proved that
 * whoever made it holds the private key. Name and extensions in it are ignored: the registry decides those.
 * @throws IdentityError CERTIFICATE_REQUEST_UNREADABLE, CERTIFICATE_REQUEST_KEY, CERTIFICATE_REQUEST_SIGNATURE
 */
export async function checkCertificateRequest(x509: typeof X509, pem: string): Promise<X509.PublicKey> {
  const { request, publicKey } = readRequest(x509, pem);
  const problem = keyProblem(readKey(publicKey));
  if (problem !== undefined) {
    throw new IdentityError(
      'CERTIFICATE_REQUEST_KEY',
      `${problem}: make the request with an EC P-256, EC P-384, Ed25519 or RSA (2048 bits and more) key`,
    );
  }
  let holdsKey = false;
  try {
    holdsKey = await request.verify(webcrypto);
  } catch {
    // An algorithm that does not fit the key, or bytes that are no signature: not proven either way.
  }
  if (!holdsKey) {
    throw new IdentityError(
      'CERTIFICATE_REQUEST_SIGNATURE',
      "the request's signature is wrong: the file was changed or cut, make a new request on the device",
    );
  }
  return publicKey;
}

function readRequest(
  x509: typeof X509,
  pem: string,
): { request: X509.Pkcs10CertificateRequest; publicKey: X509.PublicKey } {
  const hasLabel = /-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(pem);
  if (pem.length <= CERTIFICATE_REQUEST_LENGTH_MAX && hasLabel) {
    try {
      const request = new x509.Pkcs10CertificateRequest(
        pem.replaceAll('NEW CERTIFICATE REQUEST', 'CERTIFICATE REQUEST'),
      );
      // Decoded only when asked for: a key nobody can read is found here, too.
      return { request, publicKey: request.publicKey };
    } catch {
      // Said below, in words that help; the library's own texts quote the file.
    }
  }
  throw new IdentityError(
    'CERTIFICATE_REQUEST_UNREADABLE',
    'this is no certificate request in PEM form (-----BEGIN CERTIFICATE REQUEST-----)',
  );
}

function readKey(publicKey: X509.PublicKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function keyProblem(key: KeyObject | undefined): string | undefined {
  switch (key?.asymmetricKeyType) {
    case 'ed25519':
      return undefined;
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve ?? 'unnamed';
      return CURVES.includes(curve) ? undefined : `the curve ${curve} is not accepted`;
    }
    case 'rsa': {
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX
        ? undefined
        : `an RSA key of ${bits} bits is not accepted`;
    }
    default:
      return `a key of type ${key?.asymmetricKeyType ?? 'unknown'} is not accepted`;
  }
}
