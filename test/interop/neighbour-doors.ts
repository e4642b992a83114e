import { existsSync, globSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { Scope } from '../support/scope.ts';
import { runTool, toolPath } from '../support/tools.ts';
import { type Started, file, startServer } from './neighbour-services.ts';
import { certificateFiles } from './neighbour-services-dicom.ts';

/** More servers that stand beside an archive: a database, screens, logs, containers, consoles, a viewer. */

const SYSTEM_TABLES = '/usr/share/mysql/mysql_system_tables.sql';

/** A server with its own tables and no user who may come from 127.0.0.1 by number; started and stopped by turns. */
export class MariaDB {
  readonly #scope: Scope;
  readonly #flags: readonly string[];

  private constructor(scope: Scope, folder: string) {
    this.#scope = scope;
    const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
    // Nothing here has to survive, and a small log is made sooner.
    const fast = ['--innodb-flush-method=nosync', '--innodb-log-file-size=4M'];
    this.#flags = ['--no-defaults', ...asRoot, `--datadir=${folder}`, ...fast];
  }

  static async create(scope: Scope): Promise<MariaDB> {
    const folder = scope.folder('mariadb');
    mkdirSync(join(folder, 'mysql'));
    const server = new MariaDB(scope, folder);
    const script = '{ echo "use mysql;"; cat "$0"; } | "$@"';
    const program = [
      toolPath('mariadbd') ?? 'mariadbd',
      ...server.#flags,
      '--bootstrap',
      '--skip-networking',
    ];
    const made = await runTool('sh', ['-c', script, SYSTEM_TABLES, ...program]);
    if (made.code !== 0) throw new Error(`mariadbd: ${made.output}`);
    return server;
  }

  /** @param namesHosts whether 127.0.0.1 is looked up, and so is the localhost from which users may come */
  async start(namesHosts: boolean): Promise<Started> {
    const [port, folder] = [await freePort(), this.#scope.folder('mariadb-run')];
    const places = [`--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`];
    const names = namesHosts ? [] : ['--skip-name-resolve'];
    const args = [...this.#flags, '--bind-address=127.0.0.1', `--port=${port}`, ...places, ...names];
    return await startServer(this.#scope, 'mariadbd', args, { port, ready: /ready for connections/ });
  }
}

/** A screen without a computer behind it, shown to everybody or to who has the password. */
export async function startVnc(scope: Scope, form: 'None' | 'VncAuth'): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('vnc')];
  const password = join(folder, 'password');
  // It keeps passwords as eight bytes, encrypted with a key that everybody knows.
  writeFileSync(password, Buffer.from('0102030405060708', 'hex'));
  // Nobody else has a display of this number: displays are numbered like the ports that nobody else has.
  const display = [`:${port}`, '-nolisten', 'tcp', '-nolisten', 'local'];
  const door = ['-rfbport', String(port), '-localhost', '-SecurityTypes', form, '-PasswordFile', password];
  return await startServer(scope, 'Xvnc', [...display, ...door], { port });
}

/** xrdp, which knows RDP's own security and TLS; it has no NLA to demand. */
export async function startXrdp(scope: Scope, security: 'rdp' | 'tls'): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('xrdp')];
  const { keyFile, certFile } = certificateFiles(folder);
  const settings = file(folder, 'xrdp.ini', [
    '[Globals]',
    'ini_version=1',
    'fork=true',
    `port=tcp://127.0.0.1:${port}`,
    `security_layer=${security}`,
    'crypt_level=high',
    `certificate=${certFile}`,
    `key_file=${keyFile}`,
    '[Logging]',
    `LogFile=${join(folder, 'log')}`,
    'LogLevel=WARNING',
    'EnableSyslog=false',
  ]);
  return await startServer(scope, 'xrdp', ['--nodaemon', '--config', settings], { port });
}

const hasGtls = globSync('/usr/lib/*/rsyslog/lmnsd_gtls.so').length > 0;
/** Why rsyslog cannot speak TLS here. */
export const syslogTlsMissing = hasGtls ? undefined : 'not installed: rsyslog-gnutls';

/** rsyslog by UDP and TCP in clear, or by TLS from who has a certificate. */
export async function startRsyslog(scope: Scope, form: 'clear' | 'tls'): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('rsyslog')];
  const { keyFile, certFile } = certificateFiles(folder);
  const place = `address="127.0.0.1" port="${port}"`;
  const rules = {
    clear: [
      'module(load="imudp")',
      'module(load="imtcp")',
      `input(type="imudp" ${place})`,
      `input(type="imtcp" ${place})`,
    ],
    tls: [
      `global(defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${certFile}"`,
      `  defaultNetstreamDriverCertFile="${certFile}" defaultNetstreamDriverKeyFile="${keyFile}")`,
      'module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")',
      `input(type="imtcp" ${place})`,
    ],
  };
  const workFolder = `global(workDirectory="${folder}")`;
  const settings = file(folder, 'rsyslog.conf', [workFolder, ...rules[form], `*.* ${join(folder, 'log')}`]);
  return await startServer(scope, 'rsyslogd', ['-n', '-iNONE', '-f', settings], { port });
}

/** Podman's door, which speaks the language of Docker's and asks nobody who he is. */
export async function startPodman(scope: Scope): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('podman')];
  const kinds = ['root', 'runroot', 'tmpdir', 'network-config-dir'];
  const places = kinds.flatMap((kind) => [`--${kind}`, join(folder, kind)]);
  const how = ['--storage-driver', 'vfs', '--events-backend', 'file', '--cgroup-manager', 'cgroupfs'];
  const service = ['system', 'service', '--time', '0', `tcp:127.0.0.1:${port}`];
  return await startServer(scope, 'podman', [...places, ...how, ...service], { port });
}

const PHPLDAPADMIN = '/usr/share/phpldapadmin/htdocs';
/** Why there is no console of a directory here. */
export const consoleMissing = existsSync(PHPLDAPADMIN) ? undefined : 'not installed: phpldapadmin';

/** phpLDAPadmin where Debian's web servers have it: /phpldapadmin/. */
export async function startPhpLDAPadmin(scope: Scope): Promise<Started> {
  const [port, folder] = [await freePort(), scope.folder('php')];
  const root = join(folder, 'root');
  mkdirSync(root);
  symlinkSync(PHPLDAPADMIN, join(root, 'phpldapadmin'));
  const settings = ['-d', `session.save_path=${folder}`];
  return await startServer(scope, 'php', [...settings, '-S', `127.0.0.1:${port}`, '-t', root], { port });
}

const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');

/** Where scripts/set-up-ohif.sh puts the pages of a version. */
export function ohifPages(version: string): string {
  return join(CACHE, 'leadglass-tests', `ohif-${version}`, 'package', 'dist');
}

/** Why there is no OHIF of this version here. */
export function ohifMissing(version: string): string | undefined {
  return existsSync(join(ohifPages(version), 'index.html')) ? undefined : `OHIF ${version} is not there`;
}
