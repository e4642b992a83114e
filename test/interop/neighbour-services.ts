import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { type Scope, endProcess } from '../support/scope.ts';
import { runTool, toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';

/** Real servers of Debian that stand beside an archive, each on a loopback port of its own. */
export interface Started {
  readonly port: number;
  readonly pid: number;
  /** Ends it before the scope does. */
  readonly stop: () => Promise<unknown>;
}

const START_TIMEOUT_MS = 30_000;

const isRoot = process.getuid?.() === 0;

/** Why a suite that needs root cannot run. */
export const rootMissing = isRoot ? undefined : 'needs root';

/** Why no network of its own can be made here: containers often forbid it, even to root. */
export function networkMissing(): string | undefined {
  if (!isRoot) return rootMissing;
  try {
    execFileSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no network namespaces here';
  }
}

async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export interface StartOptions {
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What it says when it is there, for those that listen earlier, or by UDP. */
  readonly ready?: RegExp;
}

/** Starts a server in the foreground and waits until it listens. Throws with its last words when it ends instead. */
export async function startServer(
  scope: Scope,
  command: string,
  args: readonly string[],
  { port, env = {}, user, ready }: StartOptions,
): Promise<Started> {
  const child = scope.spawn(toolPath(command) ?? command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // A group of its own: smbd ends its whole group when it is ended.
    detached: true,
    ...user,
  });
  let said = '';
  const listen = (bytes: Buffer): void => {
    said = (said + bytes.toString()).slice(-4000);
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  await waitFor(
    command,
    async () => {
      if (child.exitCode !== null) throw new Error(`${command} ended: ${said}`);
      return ready === undefined ? await isListening(port) : ready.test(said);
    },
    START_TIMEOUT_MS,
  );
  return { port, pid: child.pid ?? 0, stop: () => endProcess(child) };
}

/** A text file of these lines; gives its path. */
export function file(folder: string, name: string, lines: readonly string[], mode = 0o644): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode });
  return path;
}

/** Newest PostgreSQL that Debian installed; its programs are not in PATH. */
function postgresFolder(): string | undefined {
  try {
    const version = readdirSync('/usr/lib/postgresql').sort().at(-1);
    return version === undefined ? undefined : `/usr/lib/postgresql/${version}/bin`;
  } catch {
    return undefined;
  }
}

export const postgresMissing = postgresFolder() === undefined ? 'not installed: postgresql' : undefined;

/** A cluster that can be started with one or the other rule for hosts. It refuses to run as root. */
export class PostgreSQL {
  readonly #scope: Scope;
  readonly #folder: string;
  readonly #user: { uid: number; gid: number } | undefined;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#folder = scope.folder('postgresql');
    if (isRoot) {
      const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']).toString());
      this.#user = { uid: idOf('-u'), gid: idOf('-g') };
      chownSync(this.#folder, this.#user.uid, this.#user.gid);
    }
    const arguments_ = ['-D', join(this.#folder, 'data'), '-U', 'postgres', '-A', 'trust', '--no-sync'];
    execFileSync(join(postgresFolder() ?? '', 'initdb'), arguments_, { ...this.#user, stdio: 'pipe' });
  }

  async start(method: 'trust' | 'scram-sha-256'): Promise<Started> {
    const port = await freePort();
    const rules = file(this.#folder, `${method}.conf`, [`host all all 127.0.0.1/32 ${method}`]);
    const settings = [`listen_addresses=127.0.0.1`, 'unix_socket_directories=', `hba_file=${rules}`];
    const flags = ['-D', join(this.#folder, 'data'), '-p', String(port)];
    const args = [...flags, ...settings.flatMap((setting) => ['-c', setting])];
    const program = join(postgresFolder() ?? '', 'postgres');
    const user = this.#user === undefined ? {} : { user: this.#user };
    return await startServer(this.#scope, program, args, {
      port,
      ready: /ready to accept connections/,
      ...user,
    });
  }
}

export async function startRedis(scope: Scope, password?: string): Promise<Started> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', scope.folder('redis')];
  const closed = password === undefined ? [] : ['--requirepass', password];
  return await startServer(scope, 'redis-server', [...args, ...closed], { port });
}

export type DirectoryForm = 'open' | 'no-anonymous-binds' | 'nothing-to-read';

const directoryRules: Readonly<Record<DirectoryForm, readonly string[]>> = {
  open: [],
  'no-anonymous-binds': ['disallow bind_anon', 'require authc'],
  'nothing-to-read': ['access to dn.base="" by * read', 'access to * by * auth'],
};

export async function startOpenLDAP(scope: Scope, form: DirectoryForm): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('slapd')];
  const suffix = 'dc=canary,dc=example';
  const settings = file(folder, 'slapd.conf', [
    'include /etc/ldap/schema/core.schema',
    `pidfile ${join(folder, 'pid')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    ...directoryRules[form],
    'database mdb',
    `suffix "${suffix}"`,
    `directory ${folder}`,
  ]);
  const entries = file(folder, 'base.ldif', [
    `dn: ${suffix}`,
    'objectClass: dcObject',
    'objectClass: organization',
    'dc: canary',
    'o: canary',
  ]);
  const added = await runTool('slapadd', ['-f', settings, '-l', entries]);
  if (added.code !== 0) throw new Error(`slapadd: ${added.output}`);
  return await startServer(scope, 'slapd', ['-d', '0', '-h', `ldap://127.0.0.1:${port}/`, '-f', settings], {
    port,
  });
}

export async function startRsync(scope: Scope, withLogin: boolean, path?: string): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('rsync')];
  const secrets = file(folder, 'secrets', ['someone:secret'], 0o600);
  const login = withLogin ? ['auth users = someone', `secrets file = ${secrets}`] : [];
  const module = ['[canary-images]', `path = ${path ?? folder}`, 'comment = images', 'list = yes', ...login];
  const settings = file(folder, 'rsyncd.conf', ['use chroot = no', ...module]);
  const args = ['--daemon', '--no-detach', `--config=${settings}`, `--port=${port}`, '--address=127.0.0.1'];
  return await startServer(scope, 'rsync', args, { port });
}

export async function startVsftpd(scope: Scope, anonymous: boolean): Promise<Started> {
  const [port, folder, root] = [await freePort(), scope.folder('vsftpd'), scope.folder('ftp')];
  for (const name of ['CANARY^ONE.dcm', 'two.dcm', 'notes.txt']) file(root, name, ['x']);
  execFileSync('chmod', ['555', root]);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const settings = file(folder, 'vsftpd.conf', [
    'listen=YES',
    'listen_address=127.0.0.1',
    `listen_port=${port}`,
    'background=NO',
    'seccomp_sandbox=NO',
    `secure_chroot_dir=${empty}`,
    `anonymous_enable=${anonymous ? 'YES' : 'NO'}`,
    'local_enable=YES',
    `anon_root=${root}`,
  ]);
  return await startServer(scope, 'vsftpd', [settings], { port });
}

export type SambaForm = 'guest' | 'closed' | 'version-1';

const sambaRules: Readonly<Record<SambaForm, readonly string[]>> = {
  guest: ['map to guest = Bad User'],
  closed: ['map to guest = Never', 'restrict anonymous = 2'],
  'version-1': ['map to guest = Never', 'restrict anonymous = 2', 'server min protocol = NT1'],
};

export async function startSamba(scope: Scope, form: SambaForm): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('samba')];
  const kinds = [
    'private dir',
    'lock directory',
    'state directory',
    'cache directory',
    'pid directory',
    'ncalrpc dir',
  ];
  const places = kinds.map((kind) => {
    const path = join(folder, kind.replace(' ', '-'));
    mkdirSync(path, { mode: 0o755 });
    return `${kind} = ${path}`;
  });
  const settings = file(folder, 'smb.conf', [
    '[global]',
    'server role = standalone server',
    `smb ports = ${port}`,
    'interfaces = 127.0.0.1',
    'bind interfaces only = yes',
    'disable netbios = yes',
    'disable spoolss = yes',
    'load printers = no',
    `log file = ${join(folder, 'log')}`,
    ...places,
    ...sambaRules[form],
    '[canary-images]',
    `path = ${folder}`,
    `guest ok = ${form === 'guest' ? 'yes' : 'no'}`,
  ]);
  const args = ['--foreground', '--no-process-group', `--configfile=${settings}`];
  const started = await startServer(scope, 'smbd', args, { port });
  // The server of named pipes is started on demand, beside smbd, and would stay.
  scope.onClose(() => endByPidFiles(join(folder, 'pid-directory')));
  return started;
}

function endByPidFiles(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number.parseInt(readFileSync(join(folder, name), 'latin1'), 10);
    if (!(pid > 1)) continue;
    try {
      process.kill(pid, 'SIGTERM');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

export async function startSnmpd(scope: Scope, community: string): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('snmpd')];
  const settings = file(folder, 'snmpd.conf', [`rocommunity ${community} 127.0.0.1`]);
  const args = ['-f', '-Lo', '-C', '-c', settings, '-p', join(folder, 'pid'), `udp:127.0.0.1:${port}`];
  const env = { SNMP_PERSISTENT_DIR: folder };
  return await startServer(scope, 'snmpd', args, { port, env, ready: /NET-SNMP version/ });
}

export async function startOpenSSH(scope: Scope, isWeak: boolean): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('sshd')];
  const key = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  if (isRoot) mkdirSync('/run/sshd', { recursive: true });
  const weak = ['KexAlgorithms +diffie-hellman-group1-sha1', 'Ciphers +aes128-cbc', 'MACs +hmac-md5'];
  const settings = file(folder, 'sshd_config', [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${key}`,
    'PidFile none',
    'UsePAM no',
    ...(isWeak ? weak : []),
  ]);
  return await startServer(scope, toolPath('sshd') ?? 'sshd', ['-D', '-e', '-f', settings], { port });
}

/** The loopback device of another network says so. */
const LOOPBACK_UP = 'ip link set lo up && mount -t tmpfs tmpfs /run && echo up && exec rpcbind -f';

/**
 * Ganesha and the port mapper in a network of their own: the port mapper has one port, and listens on all addresses.
 */
export class NfsNetwork {
  readonly #scope: Scope;
  readonly #enter: readonly string[];

  private constructor(scope: Scope, pid: number) {
    this.#scope = scope;
    this.#enter = ['-t', String(pid), '-n', '-m'];
  }

  static async start(scope: Scope): Promise<NfsNetwork> {
    const args = ['--net', '--mount', 'sh', '-c', LOOPBACK_UP];
    const mapper = await startServer(scope, 'unshare', args, { port: RPCBIND_PORT, ready: /up/ });
    return new NfsNetwork(scope, mapper.pid);
  }

  /** @param path what is exported; by default a folder of its own */
  async startGanesha(clients: string, path?: string): Promise<Started> {
    const folder = this.#scope.folder('nfs');
    const images = path ?? join(folder, 'canary-images');
    mkdirSync(images, { recursive: true });
    const settings = file(folder, 'ganesha.conf', [
      'NFS_CORE_PARAM { NFS_Port = 2049; MNT_Port = 20048; Protocols = 3; Enable_NLM = false; Enable_RQUOTA = false; }',
      `EXPORT { Export_Id = 77; Path = "${images}"; Pseudo = "/images"; Access_Type = None; Protocols = 3;`,
      `  CLIENT { Clients = ${clients}; Access_Type = RO; } FSAL { Name = VFS; } }`,
    ]);
    const args = ['-F', '-f', settings, '-L', '/dev/stdout', '-p', join(folder, 'pid')];
    const ready = /NFS SERVER INITIALIZED/;
    return await startServer(this.#scope, 'nsenter', [...this.#enter, 'ganesha.nfsd', ...args], {
      port: 2049,
      ready,
    });
  }

  /** The verdict of S01 about the port mapper, asked from inside. */
  async ask(): Promise<unknown> {
    const script = fileURLToPath(new URL('./ask-nfs.ts', import.meta.url));
    const { code, stdout, output } = await runTool('nsenter', [...this.#enter, process.execPath, script]);
    if (code !== 0) throw new Error(output);
    return JSON.parse(stdout) as unknown;
  }
}

const RPCBIND_PORT = 111;

export interface NginxOptions {
  /** What it serves; by default a folder of its own with one file. */
  readonly root?: string;
  /** A certificate, and what nginx says about TLS beside it. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly rules?: readonly string[] };
  /** HTML of the front page. */
  readonly front?: string;
}

export async function startNginx(
  scope: Scope,
  server: readonly string[],
  { root, tls, front }: NginxOptions = {},
): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('nginx')];
  const own = join(folder, 'root');
  mkdirSync(own);
  execFileSync('chmod', ['755', folder]);
  file(own, 'one.dcm', ['x']);
  if (front !== undefined) file(own, 'index.html', [front]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  const secured =
    tls === undefined
      ? []
      : [
          `ssl_certificate ${file(folder, 'cert.pem', [tls.cert])};`,
          `ssl_certificate_key ${file(folder, 'key.pem', [tls.key], 0o600)};`,
          ...(tls.rules ?? []),
        ];
  const listen = `listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'};`;
  const settings = file(folder, 'nginx.conf', [
    'daemon off;',
    'master_process off;',
    `pid ${join(folder, 'pid')};`,
    `error_log ${join(folder, 'error')};`,
    'events {}',
    'http {',
    'access_log off;',
    'default_type application/octet-stream;',
    'types { text/html html; }',
    ...temporary,
    `server { ${listen} root ${root ?? own}; ${[...secured, ...server].join(' ')} }`,
    '}',
  ]);
  return await startServer(scope, 'nginx', ['-c', settings, '-p', folder], { port });
}
