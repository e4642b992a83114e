import type { TlsOptions, TLSSocket } from 'node:tls';
import { constants } from 'node:crypto';
import type { Device } from './device.ts';
import type { DeviceRegistry } from './device-registry.ts';
import { parseFingerprint } from './device.ts';
import type { Principal, Verb } from './principal.ts';

/**
 * PS3.15 B.12 (BCP 195): TLS 1.2 shall, 1.3 preferred; ECDHE with AES-GCM only, no downgrade. Of the Modified
 * profile's extra suites none is offered, so that one list is the whole truth.
 */
export const TLS_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** A device that has not finished its handshake by then is not going to. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;

export interface DeviceTLSMaterial {
  readonly caCertPem: string;
  readonly serverKeyPem: string;
  readonly serverCertPem: string;
}

/**
 * For tls.createServer in front of DIMSE. `rejectUnauthorized` is off ONLY so that the trail can say who was
 * refused and why: every connection must pass `authenticateDevice` before one byte of it is read. Sessions are
 * never resumed, so that each connection shows its certificate anew and a revocation cannot be slept through.
 */
export function deviceTLSOptions(material: DeviceTLSMaterial): TlsOptions {
  return {
    ca: [material.caCertPem],
    key: material.serverKeyPem,
    cert: material.serverCertPem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: TLS_CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: 'X25519:P-256:P-384',
    secureOptions:
      constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
  };
}

export type DeviceRefusal =
  'NO_CERTIFICATE' | 'UNKNOWN_AUTHORITY' | 'REVOKED' | 'EXPIRED' | 'UNKNOWN_CERTIFICATE';

export type DeviceAuthentication =
  | { readonly principal: Principal; readonly refusal?: undefined }
  | { readonly principal?: undefined; readonly refusal: DeviceRefusal; readonly serial?: string };

/**
 * Who is behind a finished handshake of a server made with `deviceTLSOptions`: OpenSSL proved the key and checked
 * the chain to our own authority; the registry says which AE title the certificate is bound to, and whether it
 * still counts. Anything else is a refusal. The calling AE title of the association must equal `principal.id`.
 */
export function authenticateDevice(socket: TLSSocket, registry: DeviceRegistry): DeviceAuthentication {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { refusal: 'NO_CERTIFICATE' };
  const serial = certificate.serialNumber.toUpperCase();
  const binding = registry.byCertificate(parseFingerprint(certificate.fingerprint256));
  if (!socket.authorized) {
    // OpenSSL's own reason is only the last of several; the registry's dates say whether it is a matter of time.
    const state = binding?.state;
    if (state === 'revoked') return { refusal: 'REVOKED', serial };
    const isOutOfTime = state === 'expired' || state === 'not-yet-valid';
    return { refusal: isOutOfTime ? 'EXPIRED' : 'UNKNOWN_AUTHORITY', serial };
  }
  switch (binding?.state) {
    case 'valid':
      return { principal: devicePrincipal(binding.device, 'certificate', binding.certificate.serial) };
    case 'revoked':
      return { refusal: 'REVOKED', serial };
    case 'expired':
    case 'not-yet-valid':
      return { refusal: 'EXPIRED', serial };
    case undefined:
      return { refusal: 'UNKNOWN_CERTIFICATE', serial };
    default:
      return { refusal: 'UNKNOWN_CERTIFICATE', serial };
  }
}

export type PlainRefusal = 'UNKNOWN_PLAIN_DEVICE';

/** The one clear-text way in: source address, calling and called AE title are all the registered ones. */
export function authenticatePlainDevice(
  peer: { readonly address: string; readonly callingAETitle: string; readonly calledAETitle: string },
  registry: DeviceRegistry,
): { readonly principal: Principal } | { readonly refusal: PlainRefusal } {
  const device = registry.byPlainAddress(peer.address, peer.callingAETitle, peer.calledAETitle);
  if (device === undefined) return { refusal: 'UNKNOWN_PLAIN_DEVICE' };
  return { principal: devicePrincipal(device, 'plain-address') };
}

function devicePrincipal(
  device: Device,
  via: 'certificate' | 'plain-address',
  certificateSerial?: string,
): Principal {
  const verbs: Verb[] = [...device.verbs];
  // Who may store may ask whether it was kept (PS3.4 J): the answer holds nothing they did not send.
  if (verbs.includes('store') && !verbs.includes('commit')) verbs.push('commit');
  return Object.freeze({
    kind: 'device',
    id: device.aeTitle,
    name: device.aeTitle,
    verbs: Object.freeze(verbs),
    via,
    ...(certificateSerial === undefined ? {} : { certificateSerial }),
  });
}
