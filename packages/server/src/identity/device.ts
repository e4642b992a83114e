import { isIP } from 'node:net';
import { parseAETitle } from './ae-title.ts';
import { IdentityError } from './errors.ts';
import { DEVICE_VERBS, type DeviceVerb } from './principal.ts';
import { canonicalAddress, parsePrivateAddress } from './private-address.ts';

/** Longest host name DNS allows (RFC 1035 section 2.3.4), in characters as written. */
const HOST_LENGTH_MAX = 253;

/** A certificate this archive issued and bound to one AE title. Times are ms since 1970. */
export interface DeviceCertificate {
  /** SHA-256 over the DER, 64 lower-case hexadecimal digits. */
  readonly fingerprint256: string;
  /** Hexadecimal, upper case, as X.509 tools print it. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly addedAt: number;
  readonly revokedAt?: number;
  /** After a renewal: until when the old certificate still opens the door. */
  readonly overlapEndsAt?: number;
}

/** Where C-MOVE may send to when it names this device (PS3.4 C.4.2.1.5). */
export interface MoveDestination {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'plain';
  /** Instead of a certificate of our own CA: exactly this one. */
  readonly fingerprint256?: string;
}

/** An old device that cannot do TLS: these three together, never a range. */
export interface PlainCaller {
  readonly address: string;
  readonly calledAETitle: string;
}

export interface Device {
  readonly aeTitle: string;
  readonly verbs: readonly DeviceVerb[];
  readonly certificates: readonly DeviceCertificate[];
  readonly destination?: MoveDestination;
  readonly plain?: PlainCaller;
  readonly addedAt: number;
  readonly revokedAt?: number;
}

/** The list as a person types it: `echo,store,find`. 'commit' is understood and comes with 'store' anyway. */
export function parseVerbs(text: string | readonly string[]): readonly DeviceVerb[] {
  const words = (typeof text === 'string' ? text.split(',') : [...text]).map((word) => word.trim());
  const known: readonly string[] = DEVICE_VERBS;
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined || words.length === 0) {
    throw new IdentityError(
      'INVALID_VERB',
      `a device may be given: ${DEVICE_VERBS.join(', ')}; separated by commas, at least one`,
    );
  }
  return DEVICE_VERBS.filter((verb) => words.includes(verb));
}

/** SHA-256 fingerprint with or without colons, either case -> 64 lower-case digits. */
export function parseFingerprint(text: string): string {
  const digits = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new IdentityError('INVALID_FINGERPRINT', 'a SHA-256 fingerprint has 64 hexadecimal digits');
  }
  return digits;
}

export function parsePort(value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 65535) {
    throw new IdentityError('INVALID_PORT', 'a port is a whole number from 1 to 65535');
  }
  return value;
}

/** A DNS name (letters, digits, dash, dot) or an IP address in its one spelling. */
export function parseHost(text: string): string {
  const host = text.trim().toLowerCase();
  if (isIP(host) !== 0) return canonicalAddress(host) ?? host;
  const labels = host.split('.');
  const wellFormed = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  // All digits would be read as an IPv4 address by some resolvers, as nothing by others.
  if (host.length > HOST_LENGTH_MAX || !wellFormed || /^[0-9.]+$/.test(host)) {
    throw new IdentityError('INVALID_HOST', 'a host is a DNS name or one IP address');
  }
  return host;
}

/** What the caller of `add` gives; everything is checked here, nothing is believed. */
export interface DeviceRequest {
  readonly aeTitle: string;
  readonly verbs: readonly string[];
  readonly certificate?: {
    readonly fingerprint256: string;
    readonly serial: string;
    readonly notBefore: number;
    readonly notAfter: number;
  };
  readonly destination?: {
    readonly host: string;
    readonly port: number;
    readonly fingerprint256?: string;
  };
  readonly plain?: { readonly address: string; readonly calledAETitle: string };
}

/**
 * A device from a request. It has a certificate or a plain address, never both and never neither; what it
 * is sent to in clear text must be private as well.
 */
export function makeDevice(request: DeviceRequest, now: number): Device {
  const { certificate, destination, plain } = request;
  if ((certificate === undefined) === (plain === undefined)) {
    throw new IdentityError(
      'DEVICE_HAS_NO_CERTIFICATE',
      'a device is known either by its certificate or, if it cannot do TLS, by one address: exactly one of them',
    );
  }
  return {
    aeTitle: parseAETitle(request.aeTitle),
    verbs: parseVerbs(request.verbs),
    certificates: certificate === undefined ? [] : [makeCertificate(certificate, now)],
    ...(destination === undefined ? {} : { destination: makeDestination(destination, plain !== undefined) }),
    ...(plain === undefined
      ? {}
      : {
          plain: {
            address: parsePrivateAddress(plain.address),
            calledAETitle: parseAETitle(plain.calledAETitle),
          },
        }),
    addedAt: now,
  };
}

export function makeCertificate(
  certificate: NonNullable<DeviceRequest['certificate']>,
  now: number,
): DeviceCertificate {
  if (!Number.isFinite(certificate.notBefore) || !(certificate.notAfter > certificate.notBefore)) {
    throw new IdentityError('INVALID_VALIDITY', 'a certificate ends after it begins');
  }
  return {
    fingerprint256: parseFingerprint(certificate.fingerprint256),
    serial: certificate.serial.toUpperCase(),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    addedAt: now,
  };
}

function makeDestination(
  destination: NonNullable<DeviceRequest['destination']>,
  isPlain: boolean,
): MoveDestination {
  const port = parsePort(destination.port);
  if (isPlain) return { host: parsePrivateAddress(destination.host), port, security: 'plain' };
  const pin = destination.fingerprint256;
  return {
    host: parseHost(destination.host),
    port,
    security: 'tls',
    ...(pin === undefined ? {} : { fingerprint256: parseFingerprint(pin) }),
  };
}
