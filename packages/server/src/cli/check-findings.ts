import { X509Certificate } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Config, InstallationFolders } from '../config/index.ts';
import { isLoopbackAddress, isPrivateAddress, type Device, type DeviceRegistry } from '../identity/index.ts';
import { formatDay } from './init-context.ts';

export type FindingLevel = 'ok' | 'note' | 'warning' | 'danger';

/** One thing that was looked at. `next` says what to do, for everything that is not 'ok'. */
export interface Finding {
  /** Stable: programs may rely on it. */
  readonly id: string;
  readonly level: FindingLevel;
  readonly what: string;
  readonly next?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Enough time to order a service technician who brings the new certificate to a modality. */
const DEVICE_EXPIRY_NOTICE_MS = 60 * DAY_MS;
const CA_EXPIRY_NOTICE_MS = 365 * DAY_MS;
const SERVER_EXPIRY_NOTICE_MS = 30 * DAY_MS;
const EXPOSED_BITS = 0o077;
/** A big archive has some thousand packs; the look at modes ends here and says so. */
const FILES_LOOKED_AT_MAX = 200_000;

/** Nobody else may read, list or write in the data folder. */
export function checkModes(folders: InstallationFolders): Finding[] {
  const exposed: string[] = [];
  let looked = 0;
  const queue = [folders.data];
  for (let path = queue.pop(); path !== undefined && looked < FILES_LOOKED_AT_MAX; path = queue.pop()) {
    looked += 1;
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined || status.isSymbolicLink()) continue;
    if ((status.mode & EXPOSED_BITS) !== 0) exposed.push(relative(folders.data, path) || '.');
    if (status.isDirectory()) queue.push(...readdirSync(path).map((name) => join(path, name)));
  }
  const first = exposed[0];
  if (first === undefined)
    return [{ id: 'file-modes', level: 'ok', what: `${looked} files and folders are private` }];
  const next = `chmod -R go-rwx ${folders.data}`;
  const what = `of ${looked} files and folders, ${exposed.length} have modes for others (${first})`;
  // The walk begins at the data folder, so it comes first if it is exposed itself.
  return first === '.'
    ? [
        {
          id: 'file-modes',
          level: 'danger',
          what: `other users of this machine can get into the data folder: ${what}`,
          next,
        },
      ]
    : [
        {
          id: 'file-modes',
          level: 'warning',
          what: `${what}; only the mode of the data folder keeps them out`,
          next,
        },
      ];
}

/** The end of the authority's and the archive's own certificate. */
export function checkOwnCertificates(folders: InstallationFolders, now: number): Finding[] {
  return [
    checkCertificate(
      'authority-certificate',
      "the authority's certificate",
      folders.caCertFile,
      now,
      CA_EXPIRY_NOTICE_MS,
      {
        soon: 'plan a new authority: every device will need a new certificate from it',
        missing: 'restore the folder identity/ from a backup',
      },
    ),
    checkCertificate(
      'server-certificate',
      "the archive's certificate",
      folders.serverCertFile,
      now,
      SERVER_EXPIRY_NOTICE_MS,
      {
        soon: 'restart the server: it issues a new one when it starts',
        missing: 'restart the server: it issues a new one when it starts',
      },
    ),
  ];
}

function checkCertificate(
  id: string,
  name: string,
  file: string,
  now: number,
  noticeMs: number,
  next: { readonly soon: string; readonly missing: string },
): Finding {
  let endsAt: number;
  try {
    endsAt = new X509Certificate(readFileSync(file)).validToDate.getTime();
  } catch {
    return { id, level: 'danger', what: `${name} cannot be read: ${file}`, next: next.missing };
  }
  if (endsAt <= now)
    return { id, level: 'danger', what: `${name} expired on ${formatDay(endsAt)}`, next: next.soon };
  const level = endsAt - now < noticeMs ? 'warning' : 'ok';
  const what = `${name} is valid until ${formatDay(endsAt)}`;
  return level === 'ok' ? { id, level, what } : { id, level, what, next: next.soon };
}

/** Each device: will it still come in, and does it speak in clear text. */
export function checkDevices(registry: DeviceRegistry, config: Config, now: number): Finding[] {
  if (registry.problem !== undefined) {
    return [
      {
        id: 'device-registry',
        level: 'danger',
        what: registry.problem.message,
        next: 'restore identity/devices.json from a backup',
      },
    ];
  }
  const devices = registry.devices().filter((device) => device.revokedAt === undefined);
  const findings = devices.flatMap((device) => checkDevice(device, config, now));
  return [{ id: 'device-registry', level: 'ok', what: `${devices.length} devices may call` }, ...findings];
}

function checkDevice(device: Device, config: Config, now: number): Finding[] {
  const { aeTitle, plain } = device;
  if (plain !== undefined) {
    const findings: Finding[] = [
      {
        id: 'device-clear-text',
        level: 'warning',
        what: `${aeTitle} speaks clear text from ${plain.address}: that network can read and forge what it sends`,
        next: `when the device can do TLS: leadglass device revoke "${aeTitle}", then device add it without --plain`,
      },
    ];
    const { host } = config.dimse.plain;
    const isLocalListener = host === 'localhost' || isLoopbackAddress(host);
    if (isLocalListener && !isLoopbackAddress(plain.address)) {
      findings.push({
        id: 'device-cannot-reach',
        level: 'warning',
        what: `${aeTitle} calls from ${plain.address}, but clear text is spoken on ${host} only: it cannot get through`,
        next: 'set dimse.plain.host to the private address of this machine in the network of the device',
      });
    }
    return findings;
  }
  const ends = device.certificates
    .filter((entry) => entry.revokedAt === undefined)
    .map((entry) => Math.min(entry.notAfter, entry.overlapEndsAt ?? entry.notAfter));
  const last = Math.max(0, ...ends);
  if (last - now >= DEVICE_EXPIRY_NOTICE_MS) return [];
  const state = last === 0 ? 'has no valid certificate' : `has a certificate until ${formatDay(last)} only`;
  return [
    {
      id: 'device-certificate',
      level: 'warning',
      what: `${aeTitle} ${state}`,
      next: `leadglass device renew "${aeTitle}" --out DIR, and bring it to the device`,
    },
  ];
}

/** Where the archive may be reached, as configured. */
export function checkAddresses(config: Config): Finding[] {
  const { host, port } = config.dimse.tls;
  const what = `DICOM over TLS listens on ${host}:${port}`;
  if (host === 'localhost' || isLoopbackAddress(host)) {
    return [{ id: 'listening-address', level: 'ok', what: `${what}: this machine only` }];
  }
  if (isPrivateAddress(host))
    return [{ id: 'listening-address', level: 'ok', what: `${what}: a private network` }];
  return [
    {
      id: 'listening-address',
      level: 'warning',
      what: `${what}: perhaps reachable from the internet; only registered certificates get in, but do not rely on one wall`,
      next: 'set dimse.tls.host to the address of the internal network, and let the firewall pass only the devices',
    },
  ];
}

/** Whether there is a trail with a head at all; `trail verify` reads the rest. */
export function checkTrail(folders: InstallationFolders): Finding {
  if (existsSync(join(folders.trail, 'head'))) {
    return {
      id: 'audit-trail',
      level: 'ok',
      what: 'the audit trail is there (leadglass trail verify reads it)',
    };
  }
  return {
    id: 'audit-trail',
    level: 'danger',
    what: 'the audit trail has no head: it was removed, or never made',
    next: 'leadglass trail verify; restore the folder trail/ from a backup',
  };
}
