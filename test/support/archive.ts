import { type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  readTrail,
  type TrailEntry,
  type TrailVerification,
  verifyTrail,
} from '../../packages/server/src/audit-trail/index.ts';
import {
  installationFolders,
  openInstallation,
  TRAIL_KEY_PURPOSE,
} from '../../packages/server/src/config/installation.ts';
import { endProcess, type Scope } from './scope.ts';
import { runTool, type ToolResult } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** `leadglass`, as everybody starts it. */
export const LEADGLASS = fileURLToPath(new URL('../../leadglass', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 120_000;

export const ARCHIVE_AE_TITLE = 'LEADGLASS';

/** A device's certificate files as `device add --out` wrote them. */
export interface TestDevice {
  readonly aeTitle: string;
  readonly keyFile: string;
  readonly certFile: string;
  readonly caFile: string;
}

export interface DeviceOptions {
  /** Where C-MOVE and reports go. */
  readonly host?: string;
  readonly port?: number;
  readonly plainFrom?: string;
}

export interface ArchiveOptions {
  /** TOML put at the end of the generated configuration. */
  readonly config?: string;
  /** Instead of a folder of its own in the temporary folder: must not exist. */
  readonly dataFolder?: string;
}

/** One installation, and its server while it runs: the real program, started as everybody starts it. */
export class TestArchive {
  readonly scope: Scope;
  readonly dataFolder: string;
  /** Outside the data folder, as it must be. */
  readonly keyFile: string;
  /** TMPDIR and HOME of every process of this archive. */
  readonly privateFolder: string;
  #server: ChildProcess | undefined;
  #ports: { https: number; dicomTLS: number } | undefined;
  #stdout = '';
  #stderr = '';

  /** Where the server keeps its index while it runs: a server that was killed leaves it behind. */
  get memoryFolder(): string {
    const { id } = JSON.parse(
      readFileSync(installationFolders(this.dataFolder).installationFile, 'utf8'),
    ) as {
      id: string;
    };
    return `/dev/shm/leadglass-${process.getuid?.() ?? 0}-${id}`;
  }

  private constructor(scope: Scope, folder: string, dataFolder: string) {
    this.scope = scope;
    this.privateFolder = join(folder, 'tmp');
    this.dataFolder = dataFolder;
    this.keyFile = join(folder, 'keys', 'master.key');
  }

  /** `leadglass init` in folders of its own. */
  static async create(scope: Scope, options: ArchiveOptions = {}): Promise<TestArchive> {
    const folder = scope.folder('archive');
    const archive = new TestArchive(scope, folder, options.dataFolder ?? join(folder, 'data'));
    mkdirSync(archive.privateFolder);
    mkdirSync(join(folder, 'keys'));
    const made = await archive.command('init', '--key-file', archive.keyFile, '--json');
    if (made.code !== 0) throw new Error(`init failed: ${made.output}`);
    if (options.config !== undefined) {
      appendFileSync(installationFolders(archive.dataFolder).configFile, `\n${options.config}\n`);
    }
    const { memoryFolder } = archive;
    scope.onClose(() => rmSync(memoryFolder, { recursive: true, force: true }));
    return archive;
  }

  /** Any command of the program on this installation; `init` and `device list` need no key file. */
  command(...args: readonly string[]): Promise<ToolResult> {
    return runTool(LEADGLASS, [...args, '--data', this.dataFolder], {
      timeoutMs: COMMAND_TIMEOUT_MS,
      env: this.#environment,
    });
  }

  /** `leadglass device add`; throws when it fails. */
  async addDevice(aeTitle: string, may: string, options: DeviceOptions = {}): Promise<TestDevice> {
    const out = join(this.privateFolder, '..', `device-${aeTitle.replaceAll(' ', '_')}`);
    const args = ['device', 'add', aeTitle, '--may', may];
    if (options.plainFrom === undefined) args.push('--out', out);
    else args.push('--plain', '--from', options.plainFrom);
    if (options.port !== undefined)
      args.push('--host', options.host ?? '127.0.0.1', '--port', String(options.port));
    const added = await this.command(...args);
    if (added.code !== 0) throw new Error(`device add failed: ${added.output}`);
    return {
      aeTitle,
      keyFile: join(out, 'key.pem'),
      certFile: join(out, 'cert.pem'),
      caFile: join(out, 'ca.pem'),
    };
  }

  /** `leadglass serve`; resolves when it says that it is ready. */
  async start(...args: readonly string[]): Promise<void> {
    this.#stdout = '';
    this.#stderr = '';
    const child = this.scope.spawn(
      LEADGLASS,
      ['serve', '--data', this.dataFolder, '--https-port', '0', '--dicom-tls-port', '0', ...args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.#environment } },
    );
    this.#server = child;
    child.stdout?.on('data', (bytes: Buffer) => (this.#stdout += bytes.toString('utf8')));
    child.stderr?.on('data', (bytes: Buffer) => (this.#stderr += bytes.toString('utf8')));
    this.#ports = await waitFor('the ready line', () => this.#readyPorts(child), START_TIMEOUT_MS);
  }

  #readyPorts(child: ChildProcess): { https: number; dicomTLS: number } | undefined {
    // A process that was killed has a signal and no exit code.
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) throw new Error(`serve ended with ${ended}: ${this.#stderr}`);
    const ready = /^ready https=\S+:(\d+) dicom-tls=\S+:(\d+)$/m.exec(this.#stdout);
    return ready === null ? undefined : { https: Number(ready[1]), dicomTLS: Number(ready[2]) };
  }

  /** SIGTERM; gives the exit code. */
  async stop(): Promise<number | null> {
    return this.#server === undefined ? null : await endProcess(this.#server, 60_000);
  }

  /** SIGKILL, without a chance to put anything in order. */
  async kill(): Promise<void> {
    const child = this.#server;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** undefined while no server was started. */
  get processID(): number | undefined {
    return this.#server?.pid;
  }

  get isRunning(): boolean {
    return this.#server !== undefined && this.#server.exitCode === null && this.#server.signalCode === null;
  }

  get port(): number {
    if (this.#ports === undefined) throw new Error('the server was not started');
    return this.#ports.dicomTLS;
  }

  get httpsPort(): number {
    if (this.#ports === undefined) throw new Error('the server was not started');
    return this.#ports.https;
  }

  /** Everything the server has said since it was started. */
  get said(): string {
    return this.#stdout + this.#stderr;
  }

  /** A field of /proc/<pid>/status in bytes: VmRSS now, VmHWM at its highest. */
  memoryBytes(field: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.processID ?? 0}/status`, 'utf8');
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kilobytes === undefined) throw new Error(`no ${field} in the status of the server's process`);
    return Number(kilobytes) * 1024;
  }

  /** Starts measuring VmHWM anew. */
  resetMemoryPeak(): void {
    appendFileSync(`/proc/${this.processID ?? 0}/clear_refs`, '5');
  }

  /** All entries of the trail's segments, oldest first. */
  async trail(from = 1): Promise<(TrailEntry & { readonly sequence: number })[]> {
    const entries: (TrailEntry & { readonly sequence: number })[] = [];
    for await (const entry of readTrail({ ...(await this.#trailPlace()), from })) entries.push(entry);
    return entries;
  }

  async verifyTrail(): Promise<TrailVerification> {
    return await verifyTrail(await this.#trailPlace());
  }

  async #trailPlace(): Promise<{ folder: string; key: Uint8Array }> {
    const { masterKey, folders } = await openInstallation(this.dataFolder, { keyFile: this.keyFile });
    return { folder: folders.trail, key: masterKey.derive(TRAIL_KEY_PURPOSE) };
  }

  get #environment(): Record<string, string> {
    return {
      HOME: this.privateFolder,
      TMPDIR: this.privateFolder,
      LEADGLASS_KEY_FILE: this.keyFile,
      LEADGLASS_DATA: '',
    };
  }
}
