import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseAETitle } from './ae-title.ts';
import {
  makeCertificate,
  makeDevice,
  parseFingerprint,
  type Device,
  type DeviceCertificate,
  type DeviceRequest,
} from './device.ts';
import { IdentityError } from './errors.ts';
import { canonicalAddress } from './private-address.ts';
import {
  addRevocation,
  CERTIFICATES_PER_DEVICE_MAX,
  readRegistryFile,
  type Revocation,
  registryStamp,
  revoked,
  withRegistryLock,
  writeRegistryFile,
} from './registry-file.ts';

/** fs.watch misses changes on some file systems: look at the file's status this often as well. */
const POLL_INTERVAL_MS = 500;

/** What a certificate opens, and whether it still does. */
export interface CertificateBinding {
  readonly device: Device;
  readonly certificate: DeviceCertificate;
  readonly state: 'valid' | 'revoked' | 'expired' | 'not-yet-valid';
}

/** What changed since the last look, by AE title. A door ends the running associations of `revoked`. */
export interface RegistryChange {
  readonly added: readonly string[];
  readonly revoked: readonly string[];
  readonly changed: readonly string[];
  /** Serial numbers of certificates that were valid and are revoked now, those of revoked devices included. */
  readonly revokedCertificates: readonly string[];
  /** Set when the file cannot be read any more: nobody is let in until it can. */
  readonly problem?: IdentityError;
}

/**
 * Which devices there are, in one JSON file that commands change while the server runs. Every lookup first
 * compares the file's status with the copy in memory, so a revocation counts from the next handshake on;
 * `watch` tells the doors about it at once. An unreadable file lets nobody in.
 */
export class DeviceRegistry {
  readonly file: string;
  readonly #clock: () => number;
  readonly #key: Uint8Array | undefined;
  #stamp: string;
  #devices: ReadonlyMap<string, Device>;
  #byFingerprint: ReadonlyMap<string, Device>;
  #problem: IdentityError | undefined;

  private constructor(file: string, clock: () => number, key: Uint8Array | undefined) {
    this.file = file;
    this.#clock = clock;
    this.#key = key;
    this.#stamp = registryStamp(file);
    this.#devices = readRegistryFile(file, key).devices;
    this.#byFingerprint = indexByFingerprint(this.#devices);
  }

  /** Writes an empty registry. @throws if one is there already would be lost: call only for a new installation */
  static create(file: string, key?: Uint8Array): void {
    writeRegistryFile(file, [], key);
  }

  /**
   * With `key` (`masterKey.derive(DEVICES_KEY_PURPOSE)`) only a list that carries its seal is accepted. Without, a list
   * can be looked at, and devices of it revoked: whoever lets devices in by it has the key.
   * @throws IdentityError REGISTRY_UNREADABLE, REGISTRY_NOT_SEALED, REGISTRY_SEAL_BROKEN
   */
  static open(
    file: string,
    options: { readonly clock?: () => number; readonly key?: Uint8Array } = {},
  ): DeviceRegistry {
    try {
      return new DeviceRegistry(file, options.clock ?? Date.now, options.key);
    } catch (error) {
      throw error instanceof IdentityError ? error : unreadable(file, error);
    }
  }

  /** Seals the list as it stands, whatever seal it had: somebody with the key has looked at it. */
  static async seal(file: string, key: Uint8Array): Promise<void> {
    await withRegistryLock(file, () => writeRegistryFile(file, readRegistryFile(file).devices.values(), key));
  }

  /** Why the file cannot be read now, if it cannot. */
  get problem(): IdentityError | undefined {
    this.refresh();
    return this.#problem;
  }

  /** All devices, revoked ones included, by AE title. */
  devices(): readonly Device[] {
    this.refresh();
    return [...this.#devices.values()];
  }

  /** The device of this AE title, revoked or not. */
  find(aeTitle: string): Device | undefined {
    this.refresh();
    return this.#devices.get(aeTitle);
  }

  /** Who this certificate belongs to and whether it counts now (validity, revocation, end of an overlap). */
  byCertificate(fingerprint256: string): CertificateBinding | undefined {
    this.refresh();
    const fingerprint = parseFingerprint(fingerprint256);
    const device = this.#byFingerprint.get(fingerprint);
    const certificate = device?.certificates.find((entry) => entry.fingerprint256 === fingerprint);
    if (device === undefined || certificate === undefined) return undefined;
    return { device, certificate, state: stateOf(device, certificate, this.#clock()) };
  }

  /** The old device that calls from this address with these two AE titles; all three must be the registered ones. */
  byPlainAddress(address: string, callingAETitle: string, calledAETitle: string): Device | undefined {
    const device = this.find(callingAETitle);
    if (device?.plain === undefined || device.revokedAt !== undefined) return undefined;
    const { plain } = device;
    if (canonicalAddress(address) !== plain.address || calledAETitle !== plain.calledAETitle)
      return undefined;
    return device;
  }

  /** Devices that may speak without TLS: only if there is one does a clear-text listener exist. */
  plainDevices(): readonly Device[] {
    return this.devices().filter((device) => device.plain !== undefined && device.revokedAt === undefined);
  }

  /**
   * A new device, or one that was revoked and comes back (its old certificates stay revoked).
   * @throws IdentityError DEVICE_EXISTS, CERTIFICATE_IN_USE, or why a value is refused
   */
  async add(request: DeviceRequest): Promise<Device> {
    return await this.#change((devices) => {
      const device = makeDevice(request, this.#clock());
      const existing = devices.get(device.aeTitle);
      if (existing !== undefined && existing.revokedAt === undefined) {
        throw new IdentityError('DEVICE_EXISTS', `${device.aeTitle} is registered already`, {
          aeTitle: device.aeTitle,
        });
      }
      for (const { fingerprint256 } of device.certificates) assertUnused(devices, fingerprint256);
      const old = existing?.certificates ?? [];
      assertRoom(device.aeTitle, old);
      // A plain device holds no certificates, so what it had before goes with the clear text it now speaks.
      const kept = device.plain === undefined ? [...old, ...device.certificates] : [];
      return { ...device, certificates: kept };
    });
  }

  /** One more certificate for a device; the old ones go on until `overlapEndsAt` (ms), or until revoked. */
  async renew(
    aeTitle: string,
    certificate: NonNullable<DeviceRequest['certificate']>,
    overlapEndsAt?: number,
  ): Promise<Device> {
    return await this.#change((devices) => {
      const device = requireDevice(devices, aeTitle);
      if (device.revokedAt !== undefined) {
        throw new IdentityError('DEVICE_REVOKED', `${aeTitle} is revoked: add it again instead`, { aeTitle });
      }
      if (device.plain !== undefined) {
        throw new IdentityError(
          'DEVICE_HAS_NO_CERTIFICATE',
          `${aeTitle} speaks clear text: revoke it, then add it`,
          {
            aeTitle,
          },
        );
      }
      assertRoom(aeTitle, device.certificates);
      const added = makeCertificate(certificate, this.#clock());
      assertUnused(devices, added.fingerprint256);
      const old = device.certificates.map((entry) =>
        entry.revokedAt !== undefined || overlapEndsAt === undefined
          ? entry
          : { ...entry, overlapEndsAt: Math.min(overlapEndsAt, entry.overlapEndsAt ?? overlapEndsAt) },
      );
      return { ...device, certificates: [...old, added] };
    });
  }

  /**
   * Ends a device, or one of its certificates by serial number, now. Revoking twice changes nothing. Needs no key: of a
   * sealed list it is noted outside the seal, until a change with the key takes it in.
   */
  async revoke(aeTitle: string, serial?: string): Promise<Device> {
    return await withRegistryLock(this.file, () => {
      const { devices, isSealed } = readRegistryFile(this.file, this.#key);
      const revocation = revocationOf(requireDevice(devices, aeTitle), serial, this.#clock());
      if (isSealed && this.#key === undefined) {
        addRevocation(this.file, revocation);
        this.refresh();
        return requireDevice(this.#devices, aeTitle);
      }
      return this.#put(devices, revoked(requireDevice(devices, aeTitle), revocation));
    });
  }

  /**
   * Calls back after every change of the file, by whichever process.
   * @returns stops watching
   */
  watch(callback: (change: RegistryChange) => void): () => void {
    let known = this.#devices;
    let knownProblem = this.#problem;
    const look = (): void => {
      this.refresh();
      if (this.#devices === known && this.#problem === knownProblem) return;
      const change = compare(known, this.#devices, this.#problem);
      known = this.#devices;
      knownProblem = this.#problem;
      callback(change);
    };
    let watcher: FSWatcher | undefined;
    try {
      // The folder, not the file: a rename puts another inode in the file's place.
      watcher = watch(dirname(this.file), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(this.file)) look();
      });
      watcher.on('error', () => watcher?.close());
    } catch {
      // No watches left, or none on this file system: the timer below is enough.
    }
    const timer = setInterval(look, POLL_INTERVAL_MS);
    timer.unref();
    return () => {
      clearInterval(timer);
      watcher?.close();
    };
  }

  /** Reads the file again if it is another one than last time. */
  refresh(): void {
    try {
      const stamp = registryStamp(this.file);
      if (stamp === this.#stamp) return;
      this.#adopt(readRegistryFile(this.file, this.#key).devices, stamp);
    } catch (error) {
      if (this.#problem !== undefined) return;
      this.#stamp = '';
      this.#devices = new Map();
      this.#byFingerprint = new Map();
      this.#problem = error instanceof IdentityError ? error : unreadable(this.file, error);
    }
  }

  #adopt(devices: ReadonlyMap<string, Device>, stamp: string): void {
    this.#stamp = stamp;
    this.#devices = devices;
    this.#byFingerprint = indexByFingerprint(devices);
    this.#problem = undefined;
  }

  async #change(change: (devices: ReadonlyMap<string, Device>) => Device): Promise<Device> {
    return await withRegistryLock(this.file, () => {
      const { devices, isSealed } = readRegistryFile(this.file, this.#key);
      if (isSealed && this.#key === undefined) {
        throw new IdentityError('REGISTRY_KEY_NEEDED', 'the list of devices is sealed: its key is needed');
      }
      return this.#put(devices, change(devices));
    });
  }

  #put(devices: Map<string, Device>, device: Device): Device {
    devices.set(device.aeTitle, device);
    writeRegistryFile(this.file, devices.values(), this.#key);
    this.refresh();
    return device;
  }
}

/** @throws IdentityError CERTIFICATE_UNKNOWN */
function revocationOf({ aeTitle, certificates }: Device, serial: string | undefined, at: number): Revocation {
  if (serial === undefined) return { aeTitle, at };
  const wanted = serial.replaceAll(':', '').toUpperCase();
  if (!certificates.some((entry) => entry.serial === wanted)) {
    const message = `${aeTitle} has no certificate with that serial number`;
    throw new IdentityError('CERTIFICATE_UNKNOWN', message, { aeTitle });
  }
  return { aeTitle, serial: wanted, at };
}

function stateOf(device: Device, certificate: DeviceCertificate, now: number): CertificateBinding['state'] {
  if (device.revokedAt !== undefined || certificate.revokedAt !== undefined) return 'revoked';
  if (now >= certificate.notAfter) return 'expired';
  if (certificate.overlapEndsAt !== undefined && now >= certificate.overlapEndsAt) return 'expired';
  return now < certificate.notBefore ? 'not-yet-valid' : 'valid';
}

function indexByFingerprint(devices: ReadonlyMap<string, Device>): ReadonlyMap<string, Device> {
  const index = new Map<string, Device>();
  for (const device of devices.values()) {
    for (const { fingerprint256 } of device.certificates) index.set(fingerprint256, device);
  }
  return index;
}

function requireDevice(devices: ReadonlyMap<string, Device>, text: string): Device {
  const aeTitle = parseAETitle(text);
  const device = devices.get(aeTitle);
  if (device === undefined) {
    throw new IdentityError('DEVICE_UNKNOWN', `${aeTitle} is not registered`, { aeTitle });
  }
  return device;
}

function assertUnused(devices: ReadonlyMap<string, Device>, fingerprint256: string): void {
  for (const device of devices.values()) {
    if (device.certificates.some((entry) => entry.fingerprint256 === fingerprint256)) {
      throw new IdentityError(
        'CERTIFICATE_IN_USE',
        `this certificate is bound to ${device.aeTitle}: one certificate, one AE title`,
        { aeTitle: device.aeTitle },
      );
    }
  }
}

function assertRoom(aeTitle: string, certificates: readonly DeviceCertificate[]): void {
  if (certificates.length >= CERTIFICATES_PER_DEVICE_MAX) {
    throw new IdentityError(
      'TOO_MANY_DEVICES',
      `${aeTitle} has ${CERTIFICATES_PER_DEVICE_MAX} certificates already: use another AE title`,
      { aeTitle },
    );
  }
}

function compare(
  before: ReadonlyMap<string, Device>,
  after: ReadonlyMap<string, Device>,
  problem: IdentityError | undefined,
): RegistryChange {
  const added: string[] = [];
  const revoked: string[] = [];
  const changed: string[] = [];
  for (const [aeTitle, device] of after) {
    const old = before.get(aeTitle);
    if (old === undefined) added.push(aeTitle);
    else if (old.revokedAt === undefined && device.revokedAt !== undefined) revoked.push(aeTitle);
    else if (JSON.stringify(old) !== JSON.stringify(device)) changed.push(aeTitle);
  }
  for (const aeTitle of before.keys()) if (!after.has(aeTitle)) revoked.push(aeTitle);
  const revokedCertificates = [...before.values()].flatMap((old) =>
    old.certificates
      .filter((entry) => entry.revokedAt === undefined && !stillHolds(after.get(old.aeTitle), entry))
      .map((entry) => entry.serial),
  );
  return { added, revoked, changed, revokedCertificates, ...(problem === undefined ? {} : { problem }) };
}

function stillHolds(device: Device | undefined, certificate: DeviceCertificate): boolean {
  return (
    device?.certificates.some(
      (entry) => entry.fingerprint256 === certificate.fingerprint256 && entry.revokedAt === undefined,
    ) ?? false
  );
}

function unreadable(file: string, cause: unknown): IdentityError {
  return new IdentityError(
    'REGISTRY_UNREADABLE',
    `the list of devices cannot be read: ${file}. Until it can, no device is let in`,
    {},
    cause,
  );
}
