import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/** A file's time of last use is written down this often: the order survives a restart, roughly. */
const USE_NOTED_MS = 60 * 60 * 1000;
/** Names are a hash in hexadecimal; what is being written says by whom. */
const NAME = /^[0-9a-f]{64}$/;
const TEMPORARY = /^[0-9a-f]{64}\.([0-9a-f]{16})-\d+\.new$/;

interface Kept {
  readonly bytes: number;
  notedAtMs: number;
}

/** Which files lie in a folder, how long they are and which was used last; the others go when they are too many. */
export class ShelfFiles {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** In the order of use, the latest last. */
  readonly #kept = new Map<string, Kept>();
  readonly #looked: Promise<void>;
  /** In the names of what is written here: what has another was left behind. */
  readonly #own: string = randomBytes(8).toString('hex');
  #written = 0;
  #bytes = 0;
  #isClosed = false;

  /** Looks through the folder, if there is one, and prunes it. */
  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#looked = this.#look();
  }

  async makeFolder(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Where a file is written until it is whole. */
  temporaryPath(name: string): string {
    return join(this.#folder, `${name}.${this.#own}-${this.#written++}.new`);
  }

  /** A file is there now, whole. Resolves when there is no more than may be. */
  async added(name: string, bytes: number): Promise<void> {
    this.#forget(name);
    this.#kept.set(name, { bytes, notedAtMs: Date.now() });
    this.#bytes += bytes;
    await this.#looked;
    await this.#prune(this.#maxBytes);
  }

  /** A file was read. */
  used(name: string): void {
    const kept = this.#kept.get(name);
    if (!kept) return;
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    const now = Date.now();
    if (now - kept.notedAtMs < USE_NOTED_MS) return;
    kept.notedAtMs = now;
    const seconds = now / 1000;
    // Only the order after a restart hangs on it.
    utimes(join(this.#folder, name), seconds, seconds).catch(() => undefined);
  }

  /** How long a file is, if it is known to be there. */
  bytesOf(name: string): number | undefined {
    return this.#kept.get(name)?.bytes;
  }

  async remove(name: string): Promise<void> {
    this.#forget(name);
    await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  /** Removes so many bytes, of what was used least recently. */
  async free(bytes: number): Promise<void> {
    await this.#looked;
    await this.#prune(Math.max(0, this.#bytes - bytes));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#looked;
  }

  #forget(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }

  async #prune(maxBytes: number): Promise<void> {
    for (const name of this.#kept.keys()) {
      if (this.#bytes <= maxBytes) return;
      await this.remove(name).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const found: { name: string; bytes: number; usedAtMs: number }[] = [];
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (this.#isClosed) return;
      const path = join(this.#folder, name);
      const writtenBy = TEMPORARY.exec(name)?.[1];
      if (writtenBy !== undefined && writtenBy !== this.#own) await rm(path).catch(() => undefined);
      const status = NAME.test(name) ? await stat(path).catch(() => undefined) : undefined;
      if (status) found.push({ name, bytes: status.size, usedAtMs: status.mtimeMs });
    }
    found.sort((one, other) => one.usedAtMs - other.usedAtMs);
    const since = [...this.#kept];
    this.#kept.clear();
    const known = new Set(since.map(([name]) => name));
    for (const { name, bytes, usedAtMs } of found) {
      if (known.has(name)) continue;
      this.#kept.set(name, { bytes, notedAtMs: usedAtMs });
      this.#bytes += bytes;
    }
    for (const [name, kept] of since) this.#kept.set(name, kept);
    await this.#prune(this.#maxBytes);
  }
}
