import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process that was asked to end politely is killed after this time. */
const POLITE_END_MS = 10_000;

/**
 * What a test file starts and makes, so that all of it is gone afterwards: `afterAll(() => scope.close())`. Processes
 * are ended by their id. Should the test's own process end without closing, they are killed on its way out.
 */
export class Scope {
  readonly #children = new Set<ChildProcess>();
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #onExit = (): void => this.#killAll();

  constructor() {
    process.on('exit', this.#onExit);
  }

  /** Starts a process that ends with this scope at the latest. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, options);
    this.#children.add(child);
    // Without a listener a command that cannot be started would take the whole test process with it.
    child.on('error', () => this.#children.delete(child));
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** A new folder, removed with this scope. */
  folder(name = 'test'): string {
    const path = mkdtempSync(join(tmpdir(), `leadglass-${name}-`));
    this.onClose(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  /** Runs when the scope closes, the last one given first. */
  onClose(closer: () => Promise<void> | void): void {
    this.#closers.push(closer);
  }

  /** Ends the processes, then undoes the rest. Throws what went wrong, after everything was tried. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    await Promise.all([...this.#children].map((child) => endProcess(child)));
    for (const closer of this.#closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        errors.push(error);
      }
    }
    process.off('exit', this.#onExit);
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be cleaned up');
  }

  #killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** SIGTERM, and SIGKILL when that does not help. Resolves when the process is gone; gives its exit code. */
export async function endProcess(child: ChildProcess, politeMs = POLITE_END_MS): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), politeMs);
  try {
    return await gone;
  } finally {
    clearTimeout(timer);
  }
}
