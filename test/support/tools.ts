import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian installs servers such as Orthanc where only root looks. */
const EXTRA_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/bin'];
/** Output kept of one run; a tool that says more is cut, not waited for. */
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

/** Full path of a command; undefined when this machine does not have it. */
export function toolPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why a suite that needs these commands cannot run; undefined when it can. Goes into the suite's title. */
export function missingTools(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => toolPath(name) === undefined);
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

/** A title that says why the suite is skipped, if it is; the same reason is printed. */
export function titleOf(title: string, ...reasons: readonly (string | undefined)[]): string {
  const given = reasons.filter((reason) => reason !== undefined);
  if (given.length === 0) return title;
  process.stderr.write(`skipped: ${title}: ${given.join('; ')}\n`);
  return `${title} (skipped: ${given.join('; ')})`;
}

export interface ToolResult {
  /** null when the tool was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout, then stderr: DCMTK's log goes to either. */
  readonly output: string;
  readonly timedOut: boolean;
}

export interface ToolOptions {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Runs a command to its end; kills it when its time is over. Throws when it cannot be started. */
export async function runTool(
  command: string,
  args: readonly string[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, env = {}, cwd }: ToolOptions = {},
): Promise<ToolResult> {
  const child = spawn(toolPath(command) ?? command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Peers with Nagle's algorithm on lose 44 ms a message; DCMTK reads this.
    env: { ...process.env, TCP_NODELAY: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: new Output(), stderr: new Output() };
  child.stdout.on('data', (bytes: Buffer) => output.stdout.add(bytes));
  child.stderr.on('data', (bytes: Buffer) => output.stderr.add(bytes));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [stdout, stderr] = [output.stdout.text, output.stderr.text];
    return { code, stdout, stderr, output: stdout + stderr, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

class Output {
  readonly #parts: Buffer[] = [];
  #length = 0;

  add(bytes: Buffer): void {
    if (this.#length > OUTPUT_MAX_BYTES) return;
    this.#length += bytes.length;
    this.#parts.push(bytes);
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}
