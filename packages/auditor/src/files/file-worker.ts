import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { FileFeed, StreamFeed } from './byte-feed.ts';
import type { ByteFeed } from './byte-feed.ts';
import { askClamd } from './clamd.ts';
import { examineFile } from './examine-file.ts';
import type { Examination } from './examine-file.ts';
import { fileChecks } from './file-checks.ts';
import { isoFiles } from './iso-9660.ts';
import type { ReadAt } from './iso-9660.ts';
import {
  chunkBytes,
  clamdFileMaxBytes,
  containerDepthMax,
  membersPerReport,
  nestedArchiveMaxBytes,
} from './limits.ts';
import { printable } from './printable.ts';
import type { S3Store } from './s3-store.ts';
import { Tally } from './tally.ts';
import type { FileIdentity } from './tally.ts';
import { errorCode } from './walk-folder.ts';
import type { Batch, Job, WorkerMessage, WorkerSettings } from './worker-protocol.ts';
import { ContainerError } from './container-error.ts';
import { readAtBytes, zipMembers } from './zip-members.ts';
import type { Member } from './zip-members.ts';

type ContainerKind = 'zip' | 'iso9660';

/** Looks at batches of files. Runs in a worker thread: what a hostile file does to memory or time ends here. */
export class FileWorker {
  readonly #settings: WorkerSettings;
  readonly #post: (message: WorkerMessage) => void;
  readonly #beat: Int32Array;
  readonly #buffer = new Uint8Array(chunkBytes);
  #store: S3Store | undefined;
  #tally = new Tally();

  constructor(settings: WorkerSettings, post: (message: WorkerMessage) => void) {
    this.#settings = settings;
    this.#post = post;
    this.#beat = new Int32Array(settings.beat);
  }

  async run({ jobs }: Batch): Promise<void> {
    const containers: { ordinal: number; kind: ContainerKind }[] = [];
    for (const job of jobs) {
      this.#begin();
      const kind = await this.#runJob(job);
      if (kind !== undefined) containers.push({ ordinal: job.ordinal, kind });
    }
    this.#post({ type: 'done', tally: this.#takeTally(), containers });
  }

  #begin(): void {
    Atomics.add(this.#beat, 0, 1);
  }

  #takeTally(): Tally['data'] {
    const { data } = this.#tally;
    this.#tally = new Tally();
    return data;
  }

  /** The kind of container the file turned out to be; it is then looked into when it comes again. */
  async #runJob(job: Job): Promise<ContainerKind | undefined> {
    if (job.objectBytes !== undefined) {
      await this.#runObject(job, job.objectBytes);
      return undefined;
    }
    const identity = this.#identity(job.ordinal, job.path);
    let fd: number | undefined;
    try {
      fd = openSync(Buffer.from(job.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const status = fstatSync(fd);
      if (!status.isFile()) throw new ContainerError('SPECIAL_FILE');
      return await this.#runFile(job, identity, fd, status.size);
    } catch (error) {
      const code = error instanceof ContainerError ? error.code : errorCode(error);
      this.#tally.addProblem(identity, 0, code);
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  async #runFile(
    job: Job,
    identity: FileIdentity,
    fd: number,
    sizeBytes: number,
  ): Promise<ContainerKind | undefined> {
    if (job.container !== undefined) {
      await this.#runContainer(job, job.container, readAtFile(fd), sizeBytes);
      return undefined;
    }
    const examined = await examineFile(new FileFeed(fd, 0, sizeBytes, this.#buffer), fileChecks);
    if (examined.kind === 'zip' || examined.kind === 'iso9660') return examined.kind;
    const scanned = await this.#scanForViruses(examined, fd, sizeBytes);
    this.#tally.add(identity, sizeBytes, scanned);
    return undefined;
  }

  async #runObject(job: Job, sizeBytes: number): Promise<void> {
    const identity = this.#identity(job.ordinal, job.path);
    const key = Buffer.from(job.path).toString('utf8');
    const store = await this.#openStore();
    const feed = new StreamFeed(store?.bytes(key, sizeBytes) ?? nothing(), sizeBytes, () => {
      this.#begin();
    });
    try {
      this.#tally.add(identity, sizeBytes, await examineFile(feed, fileChecks));
    } catch (error) {
      this.#tally.addProblem(
        identity,
        sizeBytes,
        error instanceof ContainerError ? error.code : errorCode(error),
      );
    } finally {
      await feed.close();
    }
  }

  /** Loaded when there is a bucket to read: clients for stores take memory that folders have no use for. */
  async #openStore(): Promise<S3Store | undefined> {
    const { s3 } = this.#settings;
    if (s3 === undefined) return undefined;
    const { S3Store: Store } = await import('./s3-store.ts');
    return (this.#store ??= new Store(s3));
  }

  /** An archive or image: its members one by one, with a report now and then so that a crash loses little. */
  async #runContainer(
    job: Job,
    container: NonNullable<Job['container']>,
    readAt: ReadAt,
    sizeBytes: number,
  ): Promise<void> {
    const { kind, skipMembers, cautious } = container;
    const identity = this.#identity(job.ordinal, job.path);
    let notes: Examination['notes'] = [];
    let done = 0;
    try {
      for await (const member of this.#members(kind, readAt, sizeBytes, identity)) {
        done++;
        if (done <= skipMembers) continue;
        this.#begin();
        notes = withNotes(notes, containerNotes(member));
        await this.#runMember(this.#identity(job.ordinal, job.path, done, member.name), member, 1);
        if (cautious || done % membersPerReport === 0) {
          this.#post({ type: 'part', tally: this.#takeTally(), membersDone: done });
        }
      }
    } catch (error) {
      const code = containerCode(error);
      notes = withNotes(notes, bombNotes(code));
      this.#tally.addProblem({ ...identity, member: done + 1 }, 0, code);
    }
    this.#tally.add(identity, sizeBytes, { kind, notes });
  }

  #members(
    kind: ContainerKind,
    readAt: ReadAt,
    sizeBytes: number,
    identity: FileIdentity,
  ): AsyncIterable<Member> | Iterable<Member> {
    if (kind === 'zip') return zipMembers(readAt, sizeBytes);
    return this.#isoMembers(readAt, sizeBytes, identity);
  }

  *#isoMembers(readAt: ReadAt, imageBytes: number, identity: FileIdentity): Generator<Member> {
    const onProblem = (code: string): void => {
      this.#tally.addProblem({ ...identity, member: 0 }, 0, code);
    };
    for (const { name, offsetBytes, sizeBytes } of isoFiles(readAt, imageBytes, onProblem)) {
      yield {
        name,
        sizeBytes,
        open: () => Promise.resolve(new ExtentFeed(readAt, offsetBytes, sizeBytes)),
        close: () => Promise.resolve(),
      };
    }
  }

  async #runMember(identity: FileIdentity, member: Member, depth: number): Promise<void> {
    if (member.problem !== undefined) {
      this.#tally.addProblem(identity, member.sizeBytes, member.problem);
      return;
    }
    try {
      const examined = await withFeed(member, (feed) => examineFile(feed, fileChecks));
      this.#tally.add(identity, member.sizeBytes, examined);
      if (examined.kind === 'zip') await this.#runNested(identity, member, depth);
      else if (examined.kind === 'iso9660') this.#tally.addProblem(identity, 0, 'NESTED_IMAGE');
    } catch (error) {
      const code = containerCode(error);
      // The archive's own limits end the archive; a damaged member ends only itself.
      if (error instanceof ContainerError && bombCodes.has(code)) throw error;
      this.#tally.addProblem(identity, member.sizeBytes, code);
    }
  }

  async #runNested(identity: FileIdentity, outer: Member, depth: number): Promise<void> {
    if (depth >= containerDepthMax || outer.sizeBytes > nestedArchiveMaxBytes) {
      this.#tally.addProblem(
        identity,
        0,
        depth >= containerDepthMax ? 'NESTED_TOO_DEEP' : 'NESTED_TOO_LARGE',
      );
      return;
    }
    const bytes = await withFeed(outer, (feed) => readWhole(feed, outer.sizeBytes));
    try {
      for await (const member of zipMembers(readAtBytes(bytes), bytes.length)) {
        this.#begin();
        await this.#runMember(identity, member, depth + 1);
      }
    } catch (error) {
      // The archive inside is at an end; the one around it goes on.
      const code = containerCode(error);
      const failure = { kind: 'other', notes: bombNotes(code), failure: code } as const;
      this.#tally.add(identity, 0, failure);
    }
  }

  async #scanForViruses(examined: Examination, fd: number, sizeBytes: number): Promise<Examination> {
    const { clamd } = this.#settings;
    if (clamd === undefined) return examined;
    if (sizeBytes > clamdFileMaxBytes) {
      return { ...examined, notes: withNotes(examined.notes, [counted('P05', 'clamd-too-large')]) };
    }
    const feed = new FileFeed(fd, 0, sizeBytes, this.#buffer);
    const pieces = wholeFile(feed, () => {
      this.#begin();
    });
    const verdict = await askClamd(clamd, pieces);
    const note =
      verdict.outcome === 'found'
        ? exposing('P05', 'clamd-found')
        : counted('P05', verdict.outcome === 'clean' ? 'clamd-clean' : 'clamd-failed');
    return { ...examined, notes: withNotes(examined.notes, [note]) };
  }

  #identity(ordinal: number, path: Uint8Array, member?: number, memberName?: Uint8Array): FileIdentity {
    const inside = member === undefined ? {} : { member };
    if (!this.#settings.showPaths) return { ordinal, ...inside };
    const within = memberName === undefined ? '' : `!/${printable(memberName)}`;
    return { ordinal, ...inside, path: printable(path) + within };
  }
}

/** Reasons that make of an archive an attack (P07). */
const bombCodes: ReadonlySet<string> = new Set(['TOO_MANY_MEMBERS', 'MEMBERS_OVERLAP', 'INFLATED_TOO_LARGE']);

function bombNotes(code: string): Examination['notes'] {
  return bombCodes.has(code) ? [exposing('P07', `archive-${code.toLowerCase().replaceAll('_', '-')}`)] : [];
}

function containerCode(error: unknown): string {
  if (error instanceof ContainerError) return error.code;
  const code = errorCode(error);
  // yauzl's errors have a sentence and no code; it may quote a name.
  return code === 'UNEXPECTED' ? 'ARCHIVE_INVALID' : code;
}

/** What a member's place in the archive says before it is opened. */
function containerNotes(member: Member): Examination['notes'] {
  const notes: Examination['notes'][number][] = [];
  if (member.problem === 'RATIO') notes.push(exposing('P07', 'archive-ratio'));
  const name = Buffer.from(member.name).toString('latin1');
  if (/(?:^|[\\/])\.\.(?:[\\/]|$)|^[\\/]|^[A-Za-z]:[\\/]/.test(name))
    notes.push(exposing('P06', 'path-in-archive'));
  return notes;
}

function exposing(check: string, kind: string): Examination['notes'][number] {
  return { check, kind, exposes: true, places: 1 };
}

function counted(check: string, kind: string): Examination['notes'][number] {
  return { check, kind, exposes: false, places: 1 };
}

/** Notes with others added; the same kind is counted once, with its places. */
function withNotes(notes: Examination['notes'], added: Examination['notes']): Examination['notes'] {
  const all = notes.map((note) => ({ ...note }));
  for (const note of added) {
    const known = all.find((one) => one.check === note.check && one.kind === note.kind);
    if (known === undefined) all.push({ ...note });
    else known.places += note.places;
  }
  return all;
}

async function withFeed<Result>(member: Member, use: (feed: ByteFeed) => Promise<Result>): Promise<Result> {
  const feed = await member.open();
  try {
    return await use(feed);
  } finally {
    await member.close(feed);
  }
}

async function readWhole(feed: ByteFeed, sizeBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await feed.read(chunkBytes); piece.length > 0; piece = await feed.read(chunkBytes)) {
    pieces.push(new Uint8Array(piece));
    length += piece.length;
    if (length > sizeBytes) throw new ContainerError('INFLATED_TOO_LARGE');
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function* wholeFile(feed: FileFeed, onPiece: () => void): Generator<Uint8Array> {
  for (let piece = feed.read(chunkBytes); piece.length > 0; piece = feed.read(chunkBytes)) {
    onPiece();
    yield piece;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* [];
}

function readAtFile(fd: number): ReadAt {
  return (offsetBytes, lengthBytes) => {
    const bytes = Buffer.allocUnsafe(lengthBytes);
    let length = 0;
    while (length < lengthBytes) {
      const count = readSync(fd, bytes, length, lengthBytes - length, offsetBytes + length);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  };
}

/** A file of an image, by the image's own reader. */
class ExtentFeed implements ByteFeed {
  readonly seeks = true;
  readonly sizeBytes: number;
  readonly #readAt: ReadAt;
  readonly #offset: number;
  #at = 0;

  constructor(readAt: ReadAt, offsetBytes: number, sizeBytes: number) {
    this.#readAt = readAt;
    this.#offset = offsetBytes;
    this.sizeBytes = sizeBytes;
  }

  read(maxBytes: number): Uint8Array {
    const piece = this.#readAt(this.#offset + this.#at, Math.min(maxBytes, this.sizeBytes - this.#at));
    this.#at += piece.length;
    return piece;
  }

  skip(countBytes: number): void {
    this.#at = Math.min(this.sizeBytes, this.#at + countBytes);
  }

  tail(maxBytes: number): Uint8Array {
    const from = Math.max(0, this.sizeBytes - maxBytes);
    return this.#readAt(this.#offset + from, this.sizeBytes - from);
  }
}
