import { createHmac, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { makeDevice, parseFingerprint, type Device, type DeviceCertificate } from './device.ts';
import { IdentityError } from './errors.ts';
import { writePrivateFile } from './private-file.ts';

/** Layouts of devices.json, without a seal and with one. Another number means another program wrote it: refuse. */
const UNSEALED_VERSION = 1;
const SEALED_VERSION = 2;
/** `masterKey.derive(DEVICES_KEY_PURPOSE)` seals the list: nobody who can only write in the folder lets a device in. */
export const DEVICES_KEY_PURPOSE = 'identity/devices';
/** A hospital has hundreds of devices; a file far beyond that is damage or an attack. */
export const DEVICES_MAX = 10_000;
export const REGISTRY_LENGTH_BYTES_MAX = 32 * 1024 * 1024;
/** Renewed every two years or so: more on one device is a mistake. */
export const CERTIFICATES_PER_DEVICE_MAX = 64;

/** Two commands at once wait for each other this long, in steps of LOCK_STEP_MS. */
const LOCK_WAIT_MS = 5000;
const LOCK_STEP_MS = 25;
/** A lock this old was left by a command that was killed: writing the file takes milliseconds. */
const LOCK_STALE_MS = 15_000;

/** What tells one version of the file from the next without reading it. */
export function registryStamp(file: string): string {
  const status = statSync(file, { bigint: true });
  return `${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`;
}

/** A device, or one of its certificates, that was ended by somebody without the key. */
export interface Revocation {
  readonly aeTitle: string;
  readonly serial?: string;
  readonly at: number;
}

export interface RegistryContent {
  /** Revocations outside the seal are applied. */
  readonly devices: Map<string, Device>;
  readonly isSealed: boolean;
}

/**
 * Reads and checks every record; one that does not hold makes the whole file unreadable. With the key the seal is
 * checked. A list that has none is accepted only while nobody is in it, as a new installation's is: else taking the
 * seal away would be all it takes to let a device in.
 *
 * What stands outside the seal are revocations: to close a door no key is needed.
 * @throws IdentityError REGISTRY_UNREADABLE, REGISTRY_NOT_SEALED, REGISTRY_SEAL_BROKEN
 */
export function readRegistryFile(file: string, key?: Uint8Array): RegistryContent {
  const { content, records, devices } = readContent(file);
  const isSealed = content['version'] === SEALED_VERSION;
  if (key !== undefined && isSealed && !isSealOf(content['seal'], records, key)) {
    throw new IdentityError(
      'REGISTRY_SEAL_BROKEN',
      `the list of devices was changed by another program: ${file}. ${VOUCH}`,
    );
  }
  if (key !== undefined && !isSealed && devices.size > 0) {
    throw new IdentityError('REGISTRY_NOT_SEALED', `the list of devices has no seal: ${file}. ${VOUCH}`);
  }
  return { devices, isSealed };
}

const VOUCH =
  'No device is let in until it has a valid one. Restore it from a backup; or, if every device that ' +
  '"leadglass device list" shows is meant to be there (after an update from a version without seals they are), ' +
  'vouch for them with: leadglass device seal';

function readContent(file: string): {
  content: Record<string, unknown>;
  records: readonly unknown[];
  devices: Map<string, Device>;
} {
  try {
    if (statSync(file).size > REGISTRY_LENGTH_BYTES_MAX) throw new Error('too long');
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isRecord(content)) throw new Error('no registry');
    const { version, devices: records, revocations } = content;
    if (version !== UNSEALED_VERSION && version !== SEALED_VERSION) throw new Error('another version');
    if (!Array.isArray(records) || records.length > DEVICES_MAX) throw new Error('no list of devices');
    const devices = new Map<string, Device>();
    const fingerprints = new Set<string>();
    for (const record of records) {
      const device = readDevice(record);
      if (devices.has(device.aeTitle)) throw new Error('an AE title twice');
      for (const { fingerprint256 } of device.certificates) {
        if (fingerprints.has(fingerprint256)) throw new Error('a certificate twice');
        fingerprints.add(fingerprint256);
      }
      devices.set(device.aeTitle, device);
    }
    for (const revocation of readRevocations(revocations)) {
      const device = devices.get(revocation.aeTitle);
      if (device) devices.set(device.aeTitle, revoked(device, revocation));
    }
    return { content, records: records as unknown[], devices };
  } catch (error) {
    throw new IdentityError(
      'REGISTRY_UNREADABLE',
      `the list of devices cannot be read: ${file}. Until it can, no device is let in. ` +
        'Restore it from a backup, or remove it and add the devices again',
      {},
      error,
    );
  }
}

/** The device, or the one certificate, ended at that moment; what has ended already stays as it is. */
export function revoked(device: Device, { serial, at }: Revocation): Device {
  const certificates = device.certificates.map((entry) =>
    entry.revokedAt === undefined && (serial === undefined || entry.serial === serial)
      ? { ...entry, revokedAt: at }
      : entry,
  );
  const wholeDevice = serial === undefined && device.revokedAt === undefined;
  return { ...device, certificates, ...(wholeDevice ? { revokedAt: at } : {}) };
}

/** HMAC-SHA-256 over the records as they are written. */
function sealOf(records: readonly unknown[], key: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`${DEVICES_KEY_PURPOSE}\n${JSON.stringify(records)}`)
    .digest();
}

function isSealOf(seal: unknown, records: readonly unknown[], key: Uint8Array): boolean {
  const given = Buffer.from(typeof seal === 'string' ? seal : '', 'hex');
  const own = sealOf(records, key);
  return given.length === own.length && timingSafeEqual(given, own);
}

/** With the key the list is sealed, and what was revoked outside the seal is inside now. */
export function writeRegistryFile(file: string, devices: Iterable<Device>, key?: Uint8Array): void {
  const list = [...devices].sort((a, b) => (a.aeTitle < b.aeTitle ? -1 : 1));
  if (list.length > DEVICES_MAX) {
    throw new IdentityError('TOO_MANY_DEVICES', `at most ${DEVICES_MAX} devices`, { count: list.length });
  }
  const content =
    key === undefined
      ? { version: UNSEALED_VERSION, devices: list }
      : { version: SEALED_VERSION, devices: list, seal: sealOf(list, key).toString('hex') };
  writePrivateFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Notes a revocation outside the seal: records and seal stay, to the letter, what they are. */
export function addRevocation(file: string, revocation: Revocation): void {
  const { content } = readContent(file);
  const revocations = readRevocations(content['revocations']);
  if (revocations.length >= DEVICES_MAX) {
    throw new IdentityError('TOO_MANY_DEVICES', 'too many revocations without a seal: leadglass device seal');
  }
  const longer = { ...content, revocations: [...revocations, revocation] };
  writePrivateFile(file, `${JSON.stringify(longer, undefined, 2)}\n`);
}

function readRevocations(list: unknown): Revocation[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length > DEVICES_MAX) throw new Error('no list of revocations');
  return list.map((one) => {
    if (!isRecord(one)) throw new Error('a revocation is an object');
    const serial = one['serial'] === undefined ? {} : { serial: text(one['serial']) };
    return { aeTitle: text(one['aeTitle']), ...serial, at: number(one['at']) };
  });
}

/** Runs `change` while no other process of ours changes the file. */
export async function withRegistryLock<T>(file: string, change: () => T): Promise<T> {
  const lock = `${file}.lock`;
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!tryLock(lock)) {
    if (Date.now() > deadline) {
      throw new IdentityError(
        'REGISTRY_LOCKED',
        `another command holds ${lock}; if none runs, remove that file and try again`,
      );
    }
    await wait(LOCK_STEP_MS);
  }
  try {
    return change();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    const handle = openSync(lock, 'wx', 0o600);
    writeSync(handle, `${process.pid}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  }
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) rmSync(lock, { force: true });
  } catch {
    // Gone between the two calls: the next turn takes it.
  }
  return false;
}

function readDevice(record: unknown): Device {
  if (!isRecord(record)) throw new Error('a device is an object');
  const certificates = record['certificates'];
  if (!Array.isArray(certificates) || certificates.length > CERTIFICATES_PER_DEVICE_MAX) {
    throw new Error('no list of certificates');
  }
  const list = certificates.map(readCertificate);
  const verbs = record['verbs'];
  if (!Array.isArray(verbs)) throw new Error('no list of verbs');
  const plain = record['plain'];
  const destination = record['destination'];
  if (isRecord(plain) && list.length > 0) throw new Error('a plain device holds no certificate');
  const first = list[0];
  // The same checks as for a new device: a record edited by hand gets no further than a typed command.
  const device = makeDevice(
    {
      aeTitle: text(record['aeTitle']),
      verbs: verbs.map(text),
      ...(first === undefined || isRecord(plain) ? {} : { certificate: first }),
      ...(isRecord(plain)
        ? { plain: { address: text(plain['address']), calledAETitle: text(plain['calledAETitle']) } }
        : {}),
      ...(isRecord(destination)
        ? {
            destination: {
              host: text(destination['host']),
              port: number(destination['port']),
              ...(destination['fingerprint256'] === undefined
                ? {}
                : { fingerprint256: text(destination['fingerprint256']) }),
            },
          }
        : {}),
    },
    number(record['addedAt']),
  );
  const revokedAt = optionalNumber(record['revokedAt']);
  return { ...device, certificates: list, ...(revokedAt === undefined ? {} : { revokedAt }) };
}

function readCertificate(record: unknown): DeviceCertificate {
  if (!isRecord(record)) throw new Error('a certificate is an object');
  const revokedAt = optionalNumber(record['revokedAt']);
  const overlapEndsAt = optionalNumber(record['overlapEndsAt']);
  return {
    fingerprint256: parseFingerprint(text(record['fingerprint256'])),
    serial: text(record['serial']),
    notBefore: number(record['notBefore']),
    notAfter: number(record['notAfter']),
    addedAt: number(record['addedAt']),
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(overlapEndsAt === undefined ? {} : { overlapEndsAt }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a text is missing');
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('a number is missing');
  return value;
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : number(value);
}
