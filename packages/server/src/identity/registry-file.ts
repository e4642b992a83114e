import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { makeDevice, parseFingerprint, type Device, type DeviceCertificate } from './device.ts';
import { IdentityError } from './errors.ts';
import { writePrivateFile } from './private-file.ts';

/** Layout of devices.json. Another number means another program wrote it: refuse, do not guess. */
const REGISTRY_VERSION = 1;
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

/**
 * Reads and checks every record; one that does not hold makes the whole file unreadable.
 * @throws IdentityError REGISTRY_UNREADABLE
 */
export function readRegistryFile(file: string): Map<string, Device> {
  try {
    if (statSync(file).size > REGISTRY_LENGTH_BYTES_MAX) throw new Error('too long');
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isRecord(content) || content['version'] !== REGISTRY_VERSION) throw new Error('another version');
    const records = content['devices'];
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
    return devices;
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

export function writeRegistryFile(file: string, devices: Iterable<Device>): void {
  const list = [...devices].sort((a, b) => (a.aeTitle < b.aeTitle ? -1 : 1));
  if (list.length > DEVICES_MAX) {
    throw new IdentityError('TOO_MANY_DEVICES', `at most ${DEVICES_MAX} devices`, { count: list.length });
  }
  writePrivateFile(file, `${JSON.stringify({ version: REGISTRY_VERSION, devices: list }, undefined, 2)}\n`);
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
