import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type AddressInfo, type Server as PlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTLSServer, type Server } from 'node:tls';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuditTrail } from '../audit-trail/index.ts';
import { openInstallation, TRAIL_KEY_PURPOSE } from '../config/index.ts';
import { authenticateDevice, DeviceRegistry, deviceTLSOptions } from '../identity/index.ts';
import { registerCheckCommand } from './check.ts';
import { registerDeviceCommand } from './device.ts';
import { registerInitCommand } from './init.ts';
import { registerTrailCommand } from './trail.ts';

const base = mkdtempSync(join(tmpdir(), 'leadglass-cli-'));
const dataFolder = join(base, 'data');
const hasOpenSSL = spawnSync('openssl', ['version']).status === 0;
const reason = hasOpenSSL ? '' : ' (skipped: the openssl command is not installed)';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as a shell would. */
async function run(...args: string[]): Promise<Ran> {
  let code = 0;
  let out = '';
  let err = '';
  const context = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    env: { LEADGLASS_DATA: dataFolder, XDG_CONFIG_HOME: join(base, 'config') },
    setExitCode: (value: number) => {
      code = value;
    },
  };
  const program = new Command('leadglass').exitOverride().configureOutput({ writeErr: () => undefined });
  for (const register of [
    registerInitCommand,
    registerDeviceCommand,
    registerTrailCommand,
    registerCheckCommand,
  ]) {
    register(program, context);
  }
  await program.parseAsync(args, { from: 'user' });
  return { code, out, err };
}

let init: Ran;
/** Nobody listens there: where the configuration says, another program may. */
let nobodysPort: string;
let nobodysHTTPSPort: string;
beforeAll(async () => {
  init = await run('init', '--json');
  const servers = [createPlainServer(), createPlainServer()];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const [first = '', second = ''] = servers.map((server) => String((server.address() as AddressInfo).port));
  nobodysPort = first;
  nobodysHTTPSPort = second;
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});
afterAll(() => rmSync(base, { recursive: true }));
const check = (dicomTLSPort: string, ...options: string[]): Promise<Ran> =>
  run('check', '--dicom-tls-port', dicomTLSPort, '--https-port', nobodysHTTPSPort, ...options);

describe('leadglass init', () => {
  test('--json prints what programs rely on, and nothing else on stdout', () => {
    expect(init.code).toBe(0);
    const made: unknown = JSON.parse(init.out);
    expect(made).toEqual({
      enrolmentUrl: expect.stringMatching(/^https:\/\/localhost:8443\/enrol#/),
      caCertificate: join(dataFolder, 'identity', 'ca-cert.pem'),
      dataFolder,
    });
    expect(init.err).toContain('LEADGLASS_DATA');
  });

  test('a second time refuses and exits 1', async () => {
    expect(await run('init')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('nothing was changed'),
    });
  });
});

describe('leadglass device', () => {
  test('add writes key (private), certificate and authority; list shows it; nothing is overwritten', async () => {
    const out = join(base, 'ct1');
    expect((await run('device', 'add', 'CT1', '--may', 'echo,store', '--out', out)).code).toBe(0);
    expect(statSync(join(out, 'key.pem')).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(readFileSync(join(out, 'cert.pem')));
    expect(certificate.verify(new X509Certificate(readFileSync(join(out, 'ca.pem'))).publicKey)).toBe(true);
    expect((await run('device', 'list')).out).toMatch(/CT1\s+valid until \d{4}-\d\d-\d\d\s+echo,store/);
    expect(await run('device', 'add', 'CT1', '--may', 'find', '--out', join(base, 'x'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('renew'),
    });
    expect(await run('device', 'add', 'CT2', '--may', 'find', '--out', out)).toMatchObject({
      code: 1,
      err: expect.stringContaining('not overwritten'),
    });
    expect((await run('device', 'list', '--json')).out).not.toContain('CT2');
  });

  test.skipIf(!hasOpenSSL)(
    `add --csr signs the device's own key and prints the certificate${reason}`,
    async () => {
      const request = join(base, 'r.csr');
      spawnSync('openssl', [
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        join(base, 'k.pem'),
        '-subj',
        '/CN=x',
        '-out',
        request,
      ]);
      const { code, out } = await run('device', 'add', 'CSR1', '--may', 'store', '--csr', request);
      expect(code).toBe(0);
      expect(new X509Certificate(out).subject).toContain('CN=CSR1');
    },
  );

  test.each([
    [['--may', 'everything'], 'separated by commas'],
    [['--may', 'store', '--plain'], '--from'],
    [['--may', 'store', '--plain', '--from', '8.8.8.8'], 'not a private'],
    [['--may', 'store', '--plain', '--from', '10.0.0.0/8'], 'exactly one IP address'],
    [['--may', 'store', '--from', '10.0.0.1'], '--plain'],
    [['--may', 'store', '--host', 'x'], '--port'],
    [['--may', 'store', '--host', 'x', '--port', '99999'], 'port'],
    [['--may', 'store', '--plain', '--from', '10.0.0.1', '--out', 'x'], 'no certificate'],
  ])('add %j is refused with what to do, and registers nothing', async (options, message) => {
    expect(
      await run(
        'device',
        'add',
        'BAD',
        ...options,
        ...(options.includes('--plain') ? [] : ['--out', join(base, 'bad')]),
      ),
    ).toMatchObject({
      code: 1,
      err: expect.stringContaining(message),
    });
    expect(existsSync(join(base, 'bad'))).toBe(false);
    expect((await run('device', 'list', '--json')).out).not.toContain('BAD');
  });

  test('renew keeps the old certificate for the overlap; revoke ends all', async () => {
    await run('device', 'add', 'MR1', '--may', 'store', '--out', join(base, 'mr1'));
    expect(
      (await run('device', 'renew', 'MR1', '--out', join(base, 'mr1b'), '--overlap-days', '7')).code,
    ).toBe(0);
    const registry = DeviceRegistry.open(join(dataFolder, 'identity', 'devices.json'));
    const fingerprint = (name: string): string =>
      new X509Certificate(readFileSync(join(base, name, 'cert.pem'))).fingerprint256;
    expect(registry.byCertificate(fingerprint('mr1'))?.state).toBe('valid');
    expect(registry.byCertificate(fingerprint('mr1b'))?.state).toBe('valid');
    expect((await run('device', 'revoke', 'MR1')).code).toBe(0);
    expect(registry.byCertificate(fingerprint('mr1'))?.state).toBe('revoked');
    expect(registry.byCertificate(fingerprint('mr1b'))?.state).toBe('revoked');
    expect(await run('device', 'revoke', 'NOBODY')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not registered'),
    });
  });
});

describe('the seal of the list of devices', () => {
  const file = join(dataFolder, 'identity', 'devices.json');
  let good: Buffer;
  beforeAll(async () => {
    await run('device', 'add', 'SEALED1', '--may', 'echo', '--out', join(base, 'sealed1'));
    good = readFileSync(file);
    // Somebody who can write in the folder and has no key lets a device do more.
    writeFileSync(file, good.toString('utf8').replace('"echo"', '"echo", "get", "find"'));
  });
  afterAll(() => writeFileSync(file, good));

  test('is broken by a change from outside: add and check say so, and what to do', async () => {
    const added = await run('device', 'add', 'CT9', '--may', 'store', '--out', join(base, 'ct9'));
    expect(added).toMatchObject({ code: 1, err: expect.stringContaining('leadglass device seal') });
    const checked = await check(nobodysPort);
    expect(checked.code).toBe(1);
    expect(checked.out).toMatch(/danger +the list of devices was changed by another program/);
  });

  test('keeps nobody from looking at the list', async () => {
    const listed = await run('device', 'list');
    expect(listed).toMatchObject({ code: 0, out: expect.stringContaining('SEALED1') });
    expect(listed.err).toContain('was changed by another program');
  });

  test('is made anew by who vouches for the list, and only with --yes', async () => {
    expect(await run('device', 'seal')).toMatchObject({
      code: 1,
      err: expect.stringContaining('device list'),
    });
    expect((await check(nobodysPort)).code).toBe(1);
    expect(await run('device', 'seal', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('sealed'),
    });
    expect((await run('device', 'list')).err).toBe(`data folder: ${dataFolder} (LEADGLASS_DATA)\n`);
    expect((await check(nobodysPort)).code).toBe(0);
  });

  test('is not needed to revoke, nor is the key', async () => {
    const noKey = ['--key-file', join(base, 'none.key')];
    const revoked = await run('device', 'revoke', 'SEALED1', ...noKey);
    expect(revoked).toMatchObject({ code: 0, err: expect.stringContaining('without the master key') });
    expect((await run('device', 'list')).out).toMatch(/SEALED1 +revoked/);
  });
});

test('leadglass trail verify: exit 0 for a whole trail, 1 and the place for an altered one', async () => {
  const installation = await openInstallation(dataFolder);
  const folder = installation.folders.trail;
  const trail = await AuditTrail.open({ folder, key: installation.masterKey.derive(TRAIL_KEY_PURPOSE) });
  const principal = { kind: 'device', id: 'CT1', via: 'certificate' };
  trail.seal([1, 2, 3].map((at) => ({ at, verb: 'store', outcome: 'success' as const, principal })));
  trail.settle(true);
  await trail.close();
  expect(await run('trail', 'verify')).toMatchObject({ code: 0, out: expect.stringContaining('3 entries') });
  const { out: head } = await run('trail', 'head');
  expect(head).toMatch(/^3:[0-9a-f]{64}\n$/);
  expect(await run('trail', 'verify', '--head', head)).toMatchObject({ code: 0 });
  expect(await run('trail', 'verify', '--head', `4:${'0'.repeat(64)}`)).toMatchObject({
    code: 1,
    out: expect.stringContaining('an older copy of the data folder was put back'),
  });
  expect(await run('trail', 'verify', '--head', 'yesterday')).toMatchObject({
    code: 1,
    err: expect.stringContaining('leadglass trail head'),
  });
  const file = join(folder, '0000000000000001.segment');
  const good = readFileSync(file);
  const bad = Buffer.from(good);
  bad[bad.length - 50] = (bad[bad.length - 50] ?? 0) ^ 1;
  writeFileSync(file, bad);
  const { code, out } = await run('trail', 'verify', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    entries: 2,
    firstProblem: { sequence: 3, kind: 'changed' },
  });
  writeFileSync(file, good);
});

describe('leadglass check', () => {
  let servers: (Server | PlainServer)[] = [];

  async function listen(server: Server | PlainServer): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return String((server.address() as AddressInfo).port);
  }
  afterAll(() => {
    for (const server of servers) server.close();
    servers = [];
  });

  /** The first byte of an A-ASSOCIATE-AC is all that lets the probe see a door stand open. */
  const ACCEPT = Buffer.from([0x02, 0x00]);

  async function findings(port: string): Promise<{ code: number; dangers: string[] }> {
    const { code, out } = await check(port, '--json');
    const report = JSON.parse(out) as { findings: { id: string; level: string }[] };
    return { code, dangers: report.findings.filter(({ level }) => level === 'danger').map(({ id }) => id) };
  }

  async function tlsServer(checksCertificate: boolean): Promise<Server> {
    const installation = await openInstallation(dataFolder);
    const registry = DeviceRegistry.open(installation.folders.registryFile);
    return createTLSServer(deviceTLSOptions(installation), (socket) => {
      socket.on('error', () => undefined);
      if (checksCertificate && authenticateDevice(socket, registry).principal === undefined) socket.destroy();
      else socket.once('data', () => socket.end(ACCEPT));
    });
  }

  test('a fresh installation that does not run is safe, and says that the doors could not be tried', async () => {
    const { code, out } = await check(nobodysPort);
    expect(out).toContain('could not be tried');
    expect(code).toBe(0);
  });

  test('a server that asks for our certificates lets no stranger in', async () => {
    expect(await findings(await listen(await tlsServer(true)))).toEqual({ code: 0, dangers: [] });
  });

  test('a server that takes any certificate is found', async () => {
    expect(await findings(await listen(await tlsServer(false)))).toEqual({
      code: 1,
      dangers: ['stranger-no-certificate', 'stranger-foreign-certificate'],
    });
  });

  test('a server that answers without TLS is found, also one that only rejects', async () => {
    for (const firstByte of [0x02, 0x03]) {
      const server = createPlainServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end(Buffer.from([firstByte, 0])));
      });
      expect((await findings(await listen(server))).dangers).toContain('stranger-clear-text');
    }
  });

  test('file modes, a broken configuration, a wrong key and a removed trail are found', async () => {
    const toml = join(dataFolder, 'leadglass.toml');
    const good = readFileSync(toml);
    writeFileSync(toml, 'nonsense = 1\n', { mode: 0o644 });
    expect((await findings(nobodysPort)).dangers).toEqual(['configuration']);
    writeFileSync(toml, good);
    writeFileSync(join(dataFolder, 'notes.txt'), '', { mode: 0o644 });
    expect((await check(nobodysPort)).out).toMatch(/warning +of .*notes\.txt/);
    chmodSync(dataFolder, 0o755);
    rmSync(join(dataFolder, 'trail', 'head'));
    const { code, out } = await check(nobodysPort, '--key-file', join(base, 'none.key'));
    expect(code).toBe(1);
    expect(out).toMatch(/danger +other users of this machine can get into the data folder/);
    expect(out).toMatch(/danger +the master key is not there/);
    expect(out).toMatch(/danger +the audit trail has no head/);
    expect(out).toContain('chmod -R go-rwx');
  });
});
