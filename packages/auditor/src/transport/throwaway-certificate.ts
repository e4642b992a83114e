import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A key and a certificate that nobody trusts, in PEM. */
export interface ThrowawayCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateFields {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  /** Default: itself. */
  readonly issuer?: { readonly commonName: string; readonly privateKey: KeyObject };
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => der(0x30, ...contents);

/** ecdsa-with-SHA256 (1.2.840.10045.4.3.2), sha256WithRSAEncryption (1.2.840.113549.1.1.11). */
function signatureAlgorithm(key: KeyObject): Buffer {
  return key.asymmetricKeyType === 'ec'
    ? sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
    : sequence(der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
}

/** A name of id-at-commonName (2.5.4.3) alone. */
const nameOf = (text: string): Buffer =>
  sequence(
    der(0x31, sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(text, 'utf8')))),
  );

const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`, 'latin1'));

/** An X.509 certificate without extensions (RFC 5280 4.1), in PEM with its key. */
export function certificateOf(fields: CertificateFields): ThrowawayCertificate {
  const { commonName, keys, issuer = { commonName, privateKey: keys.privateKey } } = fields;
  const algorithm = signatureAlgorithm(issuer.privateKey);
  const serial = randomBytes(8);
  // Positive, and without a leading zero byte.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    nameOf(issuer.commonName),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    nameOf(commonName),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', toBeSigned, issuer.privateKey);
  const bytes = sequence(toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
  };
}

const DAY_MS = 86_400_000;

/**
 * A self-signed certificate on P-256, valid two days. It says what it is in its name: a server that accepts it accepts
 * anything, and its log shows who asked.
 */
export function throwawayCertificate(now: Date): ThrowawayCertificate {
  return certificateOf({
    commonName: 'leadglass-auditor throwaway, trust nobody who has it',
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + DAY_MS),
    keys: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  });
}
