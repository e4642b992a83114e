import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const STOP_TIMEOUT_MS = 40_000;
/** End of a log that is shown when a server would not start. */
const LOG_END_CHARS = 1500;

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Where its output goes. */
  readonly logFile: string;
}

/** A server that the bench started, and stops by its process ID. */
export class ServerProcess {
  readonly pid: number;
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #ended: Promise<void>;
  #running = true;

  constructor({ command, args, env = {}, cwd, logFile }: ServerCommand) {
    const log = openSync(logFile, 'a');
    this.startedAt = performance.now();
    this.#child = spawn(command, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    closeSync(log);
    this.#logFile = logFile;
    this.pid = this.#child.pid ?? 0;
    this.#ended = new Promise((resolve) => {
      const ended = (): void => {
        this.#running = false;
        running.delete(this);
        resolve();
      };
      this.#child.once('exit', ended);
      this.#child.once('error', ended);
    });
    running.add(this);
  }

  get isRunning(): boolean {
    return this.#running;
  }

  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  logEnd(): string {
    return this.log().slice(-LOG_END_CHARS);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const running = new Set<ServerProcess>();

/** For when the bench itself is stopped: none of its servers stays. */
export function killAllServers(): void {
  for (const server of running) server.kill();
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
