import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ParseError } from '@leadglass/dicom';
import { DicomwebError } from './client-error.ts';
import { type InstanceUIDs, Part10Check } from './part10-check.ts';

/** One instance: whole slide images and long videos have some ten gigabytes. */
const INSTANCE_MAX_BYTES = 64 * 1024 ** 3;
/** Left free on the disk, whatever is offered: a full one stops more than this command. */
const DISK_RESERVE_BYTES = 256 * 1024 * 1024;
/** The disk is asked for its free room after so many bytes. */
const DISK_LOOK_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** Preamble and prefix (PS3.10 7.1). */
const PREAMBLE_BYTES = 128;
const PREFIX = 'DICM';

/** A UID as it should be, or at least one that is only digits with dots between: safe in a path. */
const PLAIN_UID = /^[0-9]{1,64}(\.[0-9]{1,64})*$/;
const NAME_LENGTH_MAX = 64;

/** A name for a UID that came from elsewhere: the UID itself, or when it is none a digest of whatever it is. */
export function safeName(uid: string): string {
  if (uid.length <= NAME_LENGTH_MAX && PLAIN_UID.test(uid)) return uid;
  return `uid-${createHash('sha256').update(uid).digest('hex').slice(0, 32)}`;
}

const TEMPORARY = /^\.leadglass-(\d+)-\d+\.part$/;
let temporaryCount = 0;

/** What was written: whose it is, and how much. */
export interface Received {
  readonly uids: InstanceUIDs;
  readonly bytes: number;
}

/** Files of instances in one folder: FOLDER/<series>/<instance>.dcm. Only whole ones ever have these names. */
export class InstanceFiles {
  readonly #folder: string;
  readonly #touched = new Set<string>();
  readonly #freeBytes: (folder: string) => Promise<number>;

  constructor(folder: string, freeBytes = freeBytesOf) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  /** Makes the folder, and removes what commands that were killed have left in it. */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    for (const name of await readdir(this.#folder)) {
      const owner = TEMPORARY.exec(name)?.[1];
      if (owner !== undefined && !isRunning(Number(owner)))
        await rm(join(this.#folder, name), { force: true });
    }
  }

  pathOf({
    seriesInstanceUID,
    sopInstanceUID,
  }: Omit<InstanceUIDs, 'sopClassUID' | 'studyInstanceUID'>): string {
    return join(this.#folder, safeName(seriesInstanceUID), `${safeName(sopInstanceUID)}.dcm`);
  }

  /** Whether the instance is there already: a file of its name that says so inside and holds to its end. */
  async hasWhole(uids: Omit<InstanceUIDs, 'sopClassUID'>): Promise<boolean> {
    const path = this.pathOf(uids);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isFile() !== true) return false;
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const check = new Part10Check();
      for await (const piece of piecesOf(handle, 0, status.size)) check.push(piece);
      check.end();
      const { sopInstanceUID, studyInstanceUID } = check.uids ?? {};
      return sopInstanceUID === uids.sopInstanceUID && studyInstanceUID === uids.studyInstanceUID;
    } catch (error) {
      if (error instanceof ParseError) return false;
      throw error;
    } finally {
      await handle.close();
    }
  }

  /**
   * Writes one file as it comes, under a name of its own; `accept` sees whose it is before it gets the instance's name.
   * The preamble is not kept (PS3.10 7.1 lets it be the beginning of another kind of file); all else is bit for bit.
   * @throws ParseError when it is no DICOM file to its end, DicomwebError DISK_FULL, what `accept` throws
   */
  async receive(body: AsyncIterable<Uint8Array>, accept: (uids: InstanceUIDs) => void): Promise<Received> {
    const temporary = join(this.#folder, `.leadglass-${process.pid}-${temporaryCount++}.part`);
    const handle = await open(temporary, 'wx', FILE_MODE);
    try {
      const check = new Part10Check();
      const bytes = await this.#write(handle, withoutPreamble(body), check);
      check.end();
      const { uids } = check;
      if (uids === undefined) throw new ParseError('NOT_DICOM');
      accept(uids);
      await handle.sync();
      await handle.close();
      await this.#giveName(temporary, uids);
      return { uids, bytes };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
      throw error instanceof Error && 'code' in error && error.code === 'ENOSPC'
        ? new DicomwebError('DISK_FULL', { detail: 'ENOSPC' })
        : error;
    }
  }

  async #write(handle: FileHandle, body: AsyncIterable<Uint8Array>, check: Part10Check): Promise<number> {
    let length = 0;
    let nextLook = 0;
    for await (const piece of body) {
      if (length >= nextLook) {
        if ((await this.#freeBytes(this.#folder)) < DISK_RESERVE_BYTES + DISK_LOOK_BYTES)
          throw new DicomwebError('DISK_FULL');
        nextLook = length + DISK_LOOK_BYTES;
      }
      length += piece.length;
      if (length > INSTANCE_MAX_BYTES)
        throw new DicomwebError('ANSWER_TOO_LONG', { detail: 'INSTANCE_TOO_LONG' });
      check.push(piece);
      await handle.writeFile(piece);
    }
    return length;
  }

  async #giveName(temporary: string, uids: InstanceUIDs): Promise<void> {
    const folder = join(this.#folder, safeName(uids.seriesInstanceUID));
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await rename(temporary, this.pathOf(uids));
    this.#touched.add(folder);
  }

  /** The names too are on the disk afterwards. */
  async sync(): Promise<void> {
    for (const folder of [...this.#touched, this.#folder]) {
      const handle = await open(folder, 'r');
      await handle.sync().finally(() => handle.close());
    }
    this.#touched.clear();
  }
}

/** @throws ParseError NOT_DICOM when what comes has no preamble and prefix: application/dicom always has */
async function* withoutPreamble(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of body) {
    if (first === undefined) {
      yield piece;
      continue;
    }
    first = Buffer.concat([first, piece]);
    if (first.length < PREAMBLE_BYTES + PREFIX.length) continue;
    if (first.toString('latin1', PREAMBLE_BYTES, PREAMBLE_BYTES + PREFIX.length) !== PREFIX)
      throw new ParseError('NOT_DICOM');
    yield first.fill(0, 0, PREAMBLE_BYTES);
    first = undefined;
  }
  if (first !== undefined) throw new ParseError('NOT_DICOM');
}

/** A stretch of a file. Each piece is memory of its own. */
export async function* piecesOf(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to;) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, to - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new DicomwebError('FILE_UNREADABLE', { detail: 'FILE_CHANGED' });
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function isRunning(processID: number): boolean {
  try {
    process.kill(processID, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
