import type { Check } from '../check.ts';
import { keyHashOf } from '../../products/index.ts';
import { certificateOfService } from '../tls-certificate.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** PS3.15 B.13 and RFC 9325 4.5. */
const RSA_BITS_MIN = 2048;
/** Curves under 256 bits by OpenSSL's names. */
const SHORT_CURVES = new Set(['prime192v1', 'secp192k1', 'secp224r1', 'secp224k1', 'secp160r1']);
/** sha1WithRSAEncryption (1.2.840.113549.1.1.5) and ecdsa-with-SHA1 (1.2.840.10045.4.1) in DER. */
const SHA1_SIGNATURES = [
  Buffer.from('06092a864886f70d010105', 'hex'),
  Buffer.from('06072a8648ce3d0401', 'hex'),
];

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const certificate = await certificateOfService(asker);
    if (certificate === undefined)
      return inconclusive('NO_CERTIFICATE', 'the handshake showed no certificate');
    const { publicKey } = certificate;
    const bits = publicKey.asymmetricKeyDetails?.modulusLength;
    const curve = publicKey.asymmetricKeyDetails?.namedCurve;
    const isSha1 = SHA1_SIGNATURES.some((oid) => certificate.raw.includes(oid));
    // Whether another host has this key is known when all are: the report compares the hashes.
    const facts = {
      keyType: publicKey.asymmetricKeyType ?? 'unknown',
      ...(bits === undefined ? {} : { bits }),
      ...(curve === undefined ? {} : { curve }),
      isSha1,
      keyHash: keyHashOf(certificate),
    };
    const isShort =
      (bits !== undefined && bits < RSA_BITS_MIN) || (curve !== undefined && SHORT_CURVES.has(curve));
    return isShort || isSha1 ? exposed(facts) : isProtected(facts);
  },
};
