import {
  createHash,
  createPrivateKey,
  randomBytes,
  webcrypto,
  X509Certificate as NodeCertificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import { parseAETitle } from './ae-title.ts';
import { checkCertificateRequest } from './certificate-request.ts';
import { parseHost } from './device.ts';
import { IdentityError } from './errors.ts';
import { loadX509 } from './load-x509.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
export const CA_VALIDITY_DAYS = 3650;
/** What browsers and operating systems still accept from a private authority (Apple, 2019). */
export const DEVICE_VALIDITY_DAYS = 825;
/** The longest a public server certificate may last; ours is renewed at start, so nothing speaks for more. */
export const SERVER_VALIDITY_DAYS = 397;
/** A modality's clock may be behind ours: a certificate counts from a little before it was made. */
const CLOCK_SKEW_MS = 60 * 60 * 1000;
/** RFC 5280 section 4.1.2.2: at most 20 octets, positive. */
const SERIAL_LENGTH = 16;

const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const EKU_SERVER = '1.3.6.1.5.5.7.3.1';
const EKU_CLIENT = '1.3.6.1.5.5.7.3.2';

/** A certificate that was just issued, with what the registry keeps of it. Times are ms since 1970. */
export interface IssuedCertificate {
  readonly certPem: string;
  readonly fingerprint256: string;
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface CertificateSubject {
  /** 'device': the AE title. 'server': any name for people; the hosts count. */
  readonly commonName: string;
  readonly kind: 'device' | 'server';
  /** DNS names and IP addresses; a device has them only if C-MOVE sends to it. */
  readonly hosts?: readonly string[];
  readonly validityDays?: number;
}

/**
 * The installation's own authority: ECDSA P-256, one level, path length 0. It signs device certificates
 * (client authentication; server authentication only for a device that C-MOVE sends to, so that a stolen
 * modality key cannot pass for the archive) and the archive's own. Requested extensions are never copied.
 */
export class CertificateAuthority {
  readonly certPem: string;
  readonly #x509: typeof X509;
  readonly #certificate: X509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #clock: () => number;

  private constructor(
    x509: typeof X509,
    certificate: X509.X509Certificate,
    key: webcrypto.CryptoKey,
    clock: () => number,
  ) {
    this.#x509 = x509;
    this.#certificate = certificate;
    this.#key = key;
    this.#clock = clock;
    this.certPem = withFinalNewline(certificate.toString('pem'));
  }

  /** A new authority. `keyPem` is PKCS#8: seal it, never store it as it is. */
  static async create(options: {
    readonly commonName: string;
    readonly clock?: () => number;
  }): Promise<{ authority: CertificateAuthority; certPem: string; keyPem: string }> {
    const x509 = await loadX509();
    const clock = options.clock ?? Date.now;
    const keys = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify']);
    const now = clock();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: newSerial(),
        name: subjectName(x509, options.commonName),
        notBefore: new Date(now - CLOCK_SKEW_MS),
        notAfter: new Date(now + CA_VALIDITY_DAYS * DAY_MS),
        signingAlgorithm: SIGNING,
        keys,
        extensions: [
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    const authority = new CertificateAuthority(x509, certificate, keys.privateKey, clock);
    return { authority, certPem: authority.certPem, keyPem: await exportPrivateKey(keys.privateKey) };
  }

  /** @throws IdentityError KEY_DOES_NOT_MATCH_CERTIFICATE */
  static async open(options: {
    readonly certPem: string;
    readonly keyPem: string;
    readonly clock?: () => number;
  }): Promise<CertificateAuthority> {
    const x509 = await loadX509();
    const privateKey = createPrivateKey(options.keyPem);
    if (!new NodeCertificate(options.certPem).checkPrivateKey(privateKey)) {
      throw new IdentityError(
        'KEY_DOES_NOT_MATCH_CERTIFICATE',
        "the authority's key is not that of its certificate",
      );
    }
    const key = await webcrypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ format: 'der', type: 'pkcs8' }),
      EC_P256,
      false,
      ['sign'],
    );
    return new CertificateAuthority(
      x509,
      new x509.X509Certificate(options.certPem),
      key,
      options.clock ?? Date.now,
    );
  }

  /** A new ECDSA P-256 key and its certificate. */
  async issue(subject: CertificateSubject): Promise<IssuedCertificate & { keyPem: string }> {
    const keys = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify']);
    const issued = await this.#sign(subject, keys.publicKey);
    return { ...issued, keyPem: await exportPrivateKey(keys.privateKey) };
  }

  /**
   * A certificate for a key that never left the device (PKCS#10, RFC 2986). Only the public key is taken from
   * the request, and only after its signature proved who holds it.
   * @throws IdentityError CERTIFICATE_REQUEST_...
   */
  async signCSR(pem: string, subject: CertificateSubject): Promise<IssuedCertificate> {
    return await this.#sign(subject, await checkCertificateRequest(this.#x509, pem));
  }

  async #sign(
    subject: CertificateSubject,
    publicKey: webcrypto.CryptoKey | X509.PublicKey,
  ): Promise<IssuedCertificate> {
    const x509 = this.#x509;
    const commonName = subject.kind === 'device' ? parseAETitle(subject.commonName) : subject.commonName;
    const hosts = (subject.hosts ?? []).map(parseHost);
    const now = this.#clock();
    const notAfter = this.#notAfter(subject, now);
    const usages = subject.kind === 'server' || hosts.length > 0 ? [EKU_CLIENT, EKU_SERVER] : [EKU_CLIENT];
    const names = hosts.map((host) => ({
      type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
      value: host,
    }));
    const certificate = await x509.X509CertificateGenerator.create(
      {
        serialNumber: newSerial(),
        subject: subjectName(x509, commonName),
        issuer: this.#certificate.subjectName,
        notBefore: new Date(Math.max(now - CLOCK_SKEW_MS, this.#certificate.notBefore.getTime())),
        notAfter,
        signingAlgorithm: SIGNING,
        publicKey,
        signingKey: this.#key,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension(usages),
          await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
          await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey, false, webcrypto),
          ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
        ],
      },
      webcrypto,
    );
    return describeCertificate(withFinalNewline(certificate.toString('pem')));
  }

  /** Nothing outlives the authority: a certificate beyond it would break at a date nobody expects. */
  #notAfter(subject: CertificateSubject, now: number): Date {
    const days =
      subject.validityDays ?? (subject.kind === 'device' ? DEVICE_VALIDITY_DAYS : SERVER_VALIDITY_DAYS);
    if (!Number.isFinite(days) || days <= 0 || days > CA_VALIDITY_DAYS) {
      throw new IdentityError('INVALID_VALIDITY', `a certificate is valid for 1 to ${CA_VALIDITY_DAYS} days`);
    }
    return new Date(Math.min(now + days * DAY_MS, this.#certificate.notAfter.getTime()));
  }
}

/** What the registry keeps of a certificate, from its PEM. */
export function describeCertificate(certPem: string): IssuedCertificate {
  const certificate = new NodeCertificate(certPem);
  return {
    certPem,
    fingerprint256: createHash('sha256').update(certificate.raw).digest('hex'),
    serial: certificate.serialNumber.toUpperCase(),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
}

/** Explicit string types: the library gives other meanings to a text that begins with `#`. */
function subjectName(x509: typeof X509, commonName: string): X509.Name {
  return new x509.Name([{ O: [{ utf8String: 'Leadglass' }] }, { CN: [{ utf8String: commonName }] }]);
}

/** Positive and without a leading zero octet, so that every tool prints the same digits. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_LENGTH);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function exportPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

function withFinalNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
