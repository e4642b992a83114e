import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DeviceRegistry, IdentityError, type RegistryChange } from './index.ts';

const DAY = 86_400_000;
let folder: string;
let file: string;
let now = 1_000_000;
const clock = (): number => now;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-registry-'));
  file = join(folder, 'devices.json');
  now = 1_000_000;
  DeviceRegistry.create(file);
});
afterEach(() => rmSync(folder, { recursive: true }));

function certificate(digit: string): {
  fingerprint256: string;
  serial: string;
  notBefore: number;
  notAfter: number;
} {
  return { fingerprint256: digit.repeat(64), serial: `4${digit}`, notBefore: 0, notAfter: 100 * DAY };
}

const plain = { address: '192.168.1.5', calledAETitle: 'LEADGLASS' };

describe('certificates', () => {
  test('one certificate is bound to one AE title', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    expect(registry.byCertificate('A'.repeat(64))).toMatchObject({
      device: { aeTitle: 'CT1' },
      state: 'valid',
    });
    expect(registry.byCertificate('b'.repeat(64))).toBeUndefined();
    await expect(
      registry.add({ aeTitle: 'CT2', verbs: ['store'], certificate: certificate('a') }),
    ).rejects.toThrow(expect.objectContaining({ code: 'CERTIFICATE_IN_USE' }));
    await expect(
      registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('b') }),
    ).rejects.toThrow(expect.objectContaining({ code: 'DEVICE_EXISTS' }));
  });

  test('validity ends with the date, and has not begun before it', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    const later = { ...certificate('a'), notBefore: 2_000_000 };
    await registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: later });
    expect(registry.byCertificate('a'.repeat(64))?.state).toBe('not-yet-valid');
    now = 100 * DAY;
    expect(registry.byCertificate('a'.repeat(64))?.state).toBe('expired');
  });

  test('after a renewal the old one counts for the overlap, the new one on', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    await registry.renew('CT1', certificate('b'), now + DAY);
    expect(registry.byCertificate('a'.repeat(64))?.state).toBe('valid');
    now += DAY;
    expect(registry.byCertificate('a'.repeat(64))?.state).toBe('expired');
    expect(registry.byCertificate('b'.repeat(64))?.state).toBe('valid');
  });

  test('one can be revoked by serial number; the device and the other stay', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    await registry.renew('CT1', certificate('b'));
    await registry.revoke('CT1', '4A');
    expect(registry.byCertificate('a'.repeat(64))?.state).toBe('revoked');
    expect(registry.byCertificate('b'.repeat(64))?.state).toBe('valid');
    await expect(registry.revoke('CT1', '4F')).rejects.toThrow(
      expect.objectContaining({ code: 'CERTIFICATE_UNKNOWN' }),
    );
  });

  test('a revoked device may come back; its old certificate may not', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await registry.add({ aeTitle: 'CT1', verbs: ['store', 'find'], certificate: certificate('a') });
    await registry.revoke('CT1');
    await expect(registry.renew('CT1', certificate('c'))).rejects.toThrow(
      expect.objectContaining({ code: 'DEVICE_REVOKED' }),
    );
    await registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('b') });
    expect(registry.byCertificate('a'.repeat(64))?.state).toBe('revoked');
    expect(registry.byCertificate('b'.repeat(64))).toMatchObject({
      state: 'valid',
      device: { verbs: ['store'] },
    });
  });
});

describe('old devices without TLS (L1)', () => {
  test('address, calling and called AE title must all be the registered ones', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await registry.add({ aeTitle: 'OLD', verbs: ['store'], plain });
    expect(registry.byPlainAddress('192.168.1.5', 'OLD', 'LEADGLASS')?.aeTitle).toBe('OLD');
    expect(registry.byPlainAddress('::ffff:192.168.1.5', 'OLD', 'LEADGLASS')?.aeTitle).toBe('OLD');
    expect(registry.byPlainAddress('192.168.1.6', 'OLD', 'LEADGLASS')).toBeUndefined();
    expect(registry.byPlainAddress('192.168.1.5', 'OTHER', 'LEADGLASS')).toBeUndefined();
    expect(registry.byPlainAddress('192.168.1.5', 'OLD', 'ANY-SCP')).toBeUndefined();
    await registry.revoke('OLD');
    expect(registry.byPlainAddress('192.168.1.5', 'OLD', 'LEADGLASS')).toBeUndefined();
    expect(registry.plainDevices()).toEqual([]);
  });

  test('a device with a certificate is never known by its address', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await registry.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    expect(registry.byPlainAddress('192.168.1.5', 'CT1', 'LEADGLASS')).toBeUndefined();
  });

  test.each(['8.8.8.8', '192.168.1.0/24', 'modality.local', '0.0.0.0'])(
    'from %s is refused',
    async (address) => {
      const registry = DeviceRegistry.open(file, { clock });
      await expect(
        registry.add({ aeTitle: 'OLD', verbs: ['store'], plain: { ...plain, address } }),
      ).rejects.toThrow(IdentityError);
      expect(registry.devices()).toEqual([]);
    },
  );

  test('what it is sent in clear text goes to a private address only', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    const request = { aeTitle: 'OLD', verbs: ['store'], plain };
    await expect(registry.add({ ...request, destination: { host: '8.8.8.8', port: 104 } })).rejects.toThrow(
      expect.objectContaining({ code: 'ADDRESS_NOT_PRIVATE' }),
    );
    await registry.add({ ...request, destination: { host: '10.0.0.1', port: 104 } });
    expect(registry.find('OLD')?.destination).toEqual({ host: '10.0.0.1', port: 104, security: 'plain' });
  });

  test('neither certificate nor address, or both, is no device', async () => {
    const registry = DeviceRegistry.open(file, { clock });
    await expect(registry.add({ aeTitle: 'X', verbs: ['store'] })).rejects.toThrow(IdentityError);
    await expect(
      registry.add({ aeTitle: 'X', verbs: ['store'], plain, certificate: certificate('a') }),
    ).rejects.toThrow(IdentityError);
  });
});

describe('the file', () => {
  test('is private, and another process sees a change at the next look', async () => {
    const server = DeviceRegistry.open(file, { clock });
    const command = DeviceRegistry.open(file, { clock });
    await command.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(server.byCertificate('a'.repeat(64))?.state).toBe('valid');
    await command.revoke('CT1');
    expect(server.byCertificate('a'.repeat(64))?.state).toBe('revoked');
  });

  test('a watcher is told of a revocation at once, with its certificates', async () => {
    const server = DeviceRegistry.open(file, { clock });
    const changes: RegistryChange[] = [];
    const stop = server.watch((change) => changes.push(change));
    const command = DeviceRegistry.open(file, { clock });
    await command.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    await expect.poll(() => changes.flatMap(({ added }) => added), { timeout: 5000 }).toEqual(['CT1']);
    await command.revoke('CT1');
    await expect.poll(() => changes.flatMap(({ revoked }) => revoked), { timeout: 5000 }).toEqual(['CT1']);
    expect(changes.flatMap(({ revokedCertificates }) => revokedCertificates)).toEqual(['4A']);
    stop();
  });

  test('unreadable: nobody is let in, and everybody who was is reported revoked', async () => {
    const server = DeviceRegistry.open(file, { clock });
    await server.add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
    const changes: RegistryChange[] = [];
    const stop = server.watch((change) => changes.push(change));
    writeFileSync(file, '{"version":1,"devices":[{"aeTitle":"EVIL"}]}');
    expect(server.byCertificate('a'.repeat(64))).toBeUndefined();
    expect(server.problem?.code).toBe('REGISTRY_UNREADABLE');
    await expect.poll(() => changes.flatMap(({ revoked }) => revoked), { timeout: 5000 }).toEqual(['CT1']);
    stop();
    expect(() => DeviceRegistry.open(file)).toThrow(expect.objectContaining({ code: 'REGISTRY_UNREADABLE' }));
  });

  test('a clear-text device on a public address written in by hand is unreadable too', () => {
    const device = {
      aeTitle: 'OLD',
      verbs: ['store'],
      certificates: [],
      addedAt: 1,
      plain: { ...plain, address: '8.8.8.8' },
    };
    writeFileSync(file, JSON.stringify({ version: 1, devices: [device] }));
    expect(() => DeviceRegistry.open(file)).toThrow(expect.objectContaining({ code: 'REGISTRY_UNREADABLE' }));
  });

  test('any JSON is a registry or IdentityError', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        writeFileSync(file, text);
        expect(() => DeviceRegistry.open(file)).toThrow(IdentityError);
      }),
      { numRuns: 50 },
    );
  });

  test('many additions at once are all kept', async () => {
    const digits = [...'0123456789abcdef'];
    await Promise.all(
      digits.map(async (digit) => {
        const registry = DeviceRegistry.open(file, { clock });
        await registry.add({ aeTitle: `CT${digit}`, verbs: ['store'], certificate: certificate(digit) });
      }),
    );
    expect(DeviceRegistry.open(file).devices()).toHaveLength(digits.length);
  });
});

describe('a sealed list', () => {
  const key = new Uint8Array(32).fill(1);
  const open = (given: Uint8Array | undefined = key): DeviceRegistry =>
    DeviceRegistry.open(file, { clock, ...(given === undefined ? {} : { key: given }) });
  const withoutKey = (): DeviceRegistry => DeviceRegistry.open(file, { clock });
  const content = (): {
    seal: string;
    devices: { verbs: string[]; revokedAt?: number }[];
    revocations?: unknown;
  } => JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof content>;
  const seal = (name: string): unknown => expect.objectContaining({ code: name });

  beforeEach(async () => {
    await open().add({ aeTitle: 'CT1', verbs: ['store'], certificate: certificate('a') });
  });

  test('carries its seal from the first device on, and opens with its key', () => {
    expect(content().seal).toMatch(/^[0-9a-f]{64}$/);
    expect(open().byCertificate('a'.repeat(64))?.state).toBe('valid');
    expect(() => open(new Uint8Array(32))).toThrow(seal('REGISTRY_SEAL_BROKEN'));
  });

  test.each([
    [
      'a verb more',
      () => ({ ...content(), devices: [{ ...content().devices[0], verbs: ['store', 'get'] }] }),
    ],
    ['another device', () => ({ ...content(), devices: [...content().devices, plainDevice('EVIL')] })],
    ['no device', () => ({ ...content(), devices: [] })],
    ['no seal', () => ({ version: 2, devices: content().devices })],
    ['a seal of another length', () => ({ ...content(), seal: content().seal.slice(2) })],
  ])('with %s lets nobody in, at the start and while it is in use', async (_, change) => {
    const server = open();
    writeFileSync(file, JSON.stringify(change()));
    expect(server.byCertificate('a'.repeat(64))).toBeUndefined();
    expect(server.problem?.code).toBe('REGISTRY_SEAL_BROKEN');
    expect(server.problem?.message).toContain('leadglass device seal');
    expect(() => open()).toThrow(seal('REGISTRY_SEAL_BROKEN'));
    await expect(
      server.add({ aeTitle: 'CT2', verbs: ['store'], certificate: certificate('b') }),
    ).rejects.toThrow(seal('REGISTRY_SEAL_BROKEN'));
  });

  test('made into one of an older version, without a seal, lets nobody in either', () => {
    const server = open();
    const { devices } = content();
    writeFileSync(file, JSON.stringify({ version: 1, devices: [...devices, plainDevice('EVIL')] }));
    expect(server.byPlainAddress(plain.address, 'EVIL', plain.calledAETitle)).toBeUndefined();
    expect(server.problem?.code).toBe('REGISTRY_NOT_SEALED');
    expect(() => open()).toThrow(seal('REGISTRY_NOT_SEALED'));
  });

  test('of an older installation is accepted when somebody with the key vouches for it, and until then not', async () => {
    writeFileSync(file, JSON.stringify({ version: 1, devices: content().devices }));
    expect(() => open()).toThrow(seal('REGISTRY_NOT_SEALED'));
    await DeviceRegistry.seal(file, key);
    expect(open().byCertificate('a'.repeat(64))?.state).toBe('valid');
  });

  test('is revoked from without the key, at once; nothing can be added without it', async () => {
    const server = open();
    const [device] = content().devices;
    await withoutKey().revoke('CT1');
    expect(server.byCertificate('a'.repeat(64))?.state).toBe('revoked');
    expect(content().devices).toEqual([device]);
    await expect(
      withoutKey().add({ aeTitle: 'CT2', verbs: ['store'], certificate: certificate('b') }),
    ).rejects.toThrow(seal('REGISTRY_KEY_NEEDED'));
    // The next change with the key takes the revocation in.
    await open().add({ aeTitle: 'CT2', verbs: ['store'], certificate: certificate('b') });
    expect(content().revocations).toBeUndefined();
    expect(content().devices[0]?.revokedAt).toBe(now);
    expect(open().byCertificate('a'.repeat(64))?.state).toBe('revoked');
  });

  test('of which one certificate is revoked without the key keeps the others', async () => {
    await open().renew('CT1', certificate('b'));
    await withoutKey().revoke('CT1', '4a');
    expect(open().byCertificate('a'.repeat(64))?.state).toBe('revoked');
    expect(open().byCertificate('b'.repeat(64))?.state).toBe('valid');
  });

  const plainDevice = (aeTitle: string) => ({ aeTitle, verbs: ['get'], certificates: [], addedAt: 1, plain });
});
