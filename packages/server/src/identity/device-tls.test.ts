import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  authenticateDevice,
  authenticatePlainDevice,
  CertificateAuthority,
  DeviceRegistry,
  deviceTLSOptions,
  type DeviceAuthentication,
} from './index.ts';

const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'leadglass-tls-'));
let authority: CertificateAuthority;
let caKeyPem: string;
let registry: DeviceRegistry;
let server: Server;
let port: number;
let seen: (result: DeviceAuthentication) => void = () => undefined;

beforeAll(async () => {
  const made = await CertificateAuthority.create({
    commonName: 'Test CA',
    clock: () => Date.now() - 20 * DAY,
  });
  caKeyPem = made.keyPem;
  authority = await CertificateAuthority.open({ certPem: made.certPem, keyPem: made.keyPem });
  const own = await authority.issue({ commonName: 'LEADGLASS', kind: 'server', hosts: ['localhost'] });
  DeviceRegistry.create(join(folder, 'devices.json'));
  registry = DeviceRegistry.open(join(folder, 'devices.json'));
  const material = { caCertPem: authority.certPem, serverKeyPem: own.keyPem, serverCertPem: own.certPem };
  server = createServer(deviceTLSOptions(material), (socket) => {
    socket.on('error', () => undefined);
    seen(authenticateDevice(socket, registry));
    socket.destroy();
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Knocks with these options and gives what the server made of it; undefined when the handshake failed. */
async function knock(
  options: ConnectionOptions,
): Promise<{ result?: DeviceAuthentication; resumed: boolean }> {
  return await new Promise((resolve) => {
    let result: DeviceAuthentication | undefined;
    seen = (value) => {
      result = value;
    };
    let resumed = false;
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port, ca: authority.certPem, servername: 'localhost', ...options },
      () => {
        resumed = socket.isSessionReused();
      },
    );
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ resumed, ...(result === undefined ? {} : { result }) }));
  });
}

async function device(
  ca: CertificateAuthority,
  aeTitle: string,
): Promise<{ key: string; cert: string; register: () => Promise<unknown> }> {
  const issued = await ca.issue({ commonName: aeTitle, kind: 'device' });
  return {
    key: issued.keyPem,
    cert: issued.certPem,
    register: async () => await registry.add({ aeTitle, verbs: ['echo', 'store'], certificate: issued }),
  };
}

describe('L1: nothing answers a stranger', () => {
  test('a registered device is its AE title, with its verbs; who may store may ask whether it was kept', async () => {
    const { key, cert, register } = await device(authority, 'CT1');
    await register();
    const { result } = await knock({ key, cert });
    expect(result?.principal).toMatchObject({
      kind: 'device',
      id: 'CT1',
      via: 'certificate',
      verbs: ['echo', 'store', 'commit'],
    });
    expect(Object.isFrozen(result?.principal)).toBe(true);
  });

  test('no certificate', async () => {
    expect((await knock({})).result).toEqual({ refusal: 'NO_CERTIFICATE' });
  });

  test('a certificate of another authority, though it bears a registered name', async () => {
    const { authority: other } = await CertificateAuthority.create({ commonName: 'Test CA' });
    const { key, cert } = await device(other, 'CT1');
    expect((await knock({ key, cert })).result).toMatchObject({ refusal: 'UNKNOWN_AUTHORITY' });
  });

  test('a certificate of our authority that nobody registered, though it bears a registered name', async () => {
    const { key, cert } = await device(authority, 'CT1');
    expect((await knock({ key, cert })).result).toMatchObject({ refusal: 'UNKNOWN_CERTIFICATE' });
  });

  test('a registered certificate of another authority: the chain counts as well as the list', async () => {
    const { authority: other } = await CertificateAuthority.create({ commonName: 'Other CA' });
    const { key, cert, register } = await device(other, 'FOREIGN');
    await register();
    expect((await knock({ key, cert })).result).toMatchObject({ refusal: 'UNKNOWN_AUTHORITY' });
  });

  test('revoked: from the next handshake on, with the serial number for the trail', async () => {
    const { key, cert, register } = await device(authority, 'MR1');
    await register();
    expect((await knock({ key, cert })).result?.principal?.id).toBe('MR1');
    await DeviceRegistry.open(registry.file).revoke('MR1');
    const { result } = await knock({ key, cert });
    expect(result).toMatchObject({ refusal: 'REVOKED' });
    expect(result?.refusal === undefined ? '' : result.serial).toMatch(/^[0-9A-F]{32}$/);
  });

  test('expired', async () => {
    const key = { certPem: authority.certPem, keyPem: caKeyPem };
    const tenDaysAgo = await CertificateAuthority.open({ ...key, clock: () => Date.now() - 10 * DAY });
    const issued = await tenDaysAgo.issue({ commonName: 'OLD1', kind: 'device', validityDays: 10 - 1 / 24 });
    await registry.add({ aeTitle: 'OLD1', verbs: ['echo'], certificate: issued });
    const { result } = await knock({ key: issued.keyPem, cert: issued.certPem });
    expect(result).toMatchObject({ refusal: 'EXPIRED', serial: issued.serial });
  });

  test('a certificate for TLS servers only does not make a client', async () => {
    const own = await authority.issue({ commonName: 'SELF', kind: 'server', hosts: ['localhost'] });
    expect((await knock({ key: own.keyPem, cert: own.certPem })).result).toMatchObject({
      refusal: 'UNKNOWN_CERTIFICATE',
    });
  });
});

describe('PS3.15 B.12 (BCP 195)', () => {
  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is not spoken', async (version) => {
    const { key, cert } = await device(authority, 'CT1');
    const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };
    expect((await knock({ key, cert, ...options })).result).toBeUndefined();
  });

  test.each(['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'])(
    '%s is not spoken',
    async (ciphers) => {
      const { key, cert } = await device(authority, 'CT1');
      expect(
        (await knock({ key, cert, maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })).result,
      ).toBeUndefined();
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is', async (version) => {
    const { key, cert, register } = await device(authority, `OK${version.slice(-1)}`);
    await register();
    const { result } = await knock({ key, cert, minVersion: version, maxVersion: version });
    expect(result?.principal?.kind).toBe('device');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a %s session cannot be resumed past a revocation',
    async (version) => {
      const name = `RES${version.slice(-1)}`;
      const { key, cert, register } = await device(authority, name);
      await register();
      const sessions: Buffer[] = [];
      await new Promise<void>((resolve) => {
        const socket = connect({
          host: '127.0.0.1',
          port,
          ca: authority.certPem,
          servername: 'localhost',
          key,
          cert,
          minVersion: version,
          maxVersion: version,
        });
        socket.on('session', (session) => sessions.push(session));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
      await registry.revoke(name);
      const session = sessions.at(-1);
      const { result, resumed } = await knock({
        maxVersion: version,
        ...(session === undefined ? { key, cert } : { session }),
      });
      expect(resumed).toBe(false);
      expect(result?.principal).toBeUndefined();
    },
  );
});

test('the clear-text way in knows a device by all three, and nobody else', async () => {
  await registry.add({
    aeTitle: 'OLDCR',
    verbs: ['store'],
    plain: { address: '127.0.0.1', calledAETitle: 'LEADGLASS' },
  });
  const peer = { address: '::ffff:127.0.0.1', callingAETitle: 'OLDCR', calledAETitle: 'LEADGLASS' };
  expect(authenticatePlainDevice(peer, registry)).toMatchObject({
    principal: { id: 'OLDCR', via: 'plain-address' },
  });
  for (const wrong of [{ address: '127.0.0.2' }, { callingAETitle: 'CT1' }, { calledAETitle: 'X' }]) {
    expect(authenticatePlainDevice({ ...peer, ...wrong }, registry)).toEqual({
      refusal: 'UNKNOWN_PLAIN_DEVICE',
    });
  }
});
