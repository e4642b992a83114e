import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Binding,
  PART_MAX_BYTES,
  PartCipher,
  type PartPlace,
  PARTS_MAX,
  readTail,
  SALT_BYTES,
  TAIL_BYTES,
} from './sealed-parts.ts';
import { ShelfFiles } from './shelf-files.ts';

/** A file of which this is known to be all is read in one go. */
const READ_WHOLE_BYTES = 1024 * 1024;
/** Of longer ones the end is read first: the table usually lies in it. */
const END_BYTES = 64 * 1024;
/** Short parts wait for what comes behind them: every write costs. */
const WRITE_MIN_BYTES = 64 * 1024;
/** What is read whole is held in memory by those who ask. */
const WHOLE_MAX_BYTES = 256 * 1024 * 1024;
/** What can be made again never takes the last room: there the packs write what cannot. */
const DISK_RESERVE_BYTES = 1024 * 1024 * 1024;

/** One thing that was derived: of which study, which it is, and from which state of what is held it was made. */
export interface DerivedThing {
  readonly keySlot: number;
  readonly name: readonly string[];
  readonly state: string;
}

export interface ShelfOptions {
  readonly purpose: string;
  readonly folder: string;
  /** Of all files together; what was used least recently goes. */
  readonly maxBytes: number;
  readonly nameKey: Uint8Array;
  /** The key of a study; undefined when it was destroyed. */
  readonly keyOf: (slot: number) => Uint8Array | undefined;
  /** Free space that is left to others. */
  readonly diskReserveBytes?: number;
}

/** A file whose table is open. */
interface OpenFile {
  readonly handle: FileHandle;
  readonly cipher: PartCipher;
  readonly places: readonly PartPlace[];
  /** The end of the file, which is in memory already. */
  readonly end: Buffer;
  readonly endOffset: number;
}

/**
 * Derived files of one purpose, encrypted, up to a number of bytes. Whatever is wrong with a file (damaged, torn, of
 * another state, of another thing), there is none: nothing here is ever the only copy. Nothing is synced.
 */
export class Shelf {
  readonly maxBytes: number;
  readonly #options: ShelfOptions;
  /** Prepared once: a hash that is given bytes for its key takes six times as long. */
  readonly #nameKey: KeyObject;
  readonly #files: ShelfFiles;
  readonly #writing = new Set<Promise<boolean>>();
  #isClosed = false;

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.maxBytes = options.maxBytes;
    this.#nameKey = createSecretKey(options.nameKey);
    this.#files = new ShelfFiles(options.folder, options.maxBytes);
  }

  /** All parts; undefined when there is no such file that opens. */
  async read(thing: DerivedThing): Promise<Buffer[] | undefined> {
    return this.#opened(thing, async ({ places }, part) => {
      const bytes = places.reduce((sum, place) => sum + place.bytes, 0);
      if (bytes > WHOLE_MAX_BYTES) return undefined;
      const parts: Buffer[] = [];
      for (const number of places.keys()) {
        const clear = await part(number);
        if (!clear) return undefined;
        parts.push(clear);
      }
      return parts;
    });
  }

  /** One part, the others not read; undefined when there is no such part, or no file that opens. */
  async readPart(thing: DerivedThing, number: number): Promise<Buffer | undefined> {
    return this.#opened(thing, (_file, part) => part(number));
  }

  /** Whether there is a file that opens; its parts are not looked at. */
  async holds(thing: DerivedThing): Promise<boolean> {
    return (await this.#opened(thing, () => Promise.resolve(true))) ?? false;
  }

  /**
   * Keeps what was derived, in place of what was kept under the name before. False when it is not kept: the study's
   * key is gone, the disk is full or fails, it is too much. Rejects with what `parts` rejects with.
   */
  async write(
    thing: DerivedThing,
    parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<boolean> {
    if (this.#isClosed || this.maxBytes === 0) return false;
    const writing = this.#write(thing, parts);
    this.#writing.add(writing);
    try {
      return await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** What is being written is given up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#writing);
    await this.#files.close();
  }

  #fileOf({ name }: DerivedThing): string {
    return createHmac('sha256', this.#nameKey)
      .update(JSON.stringify([this.#options.purpose, ...name]))
      .digest('hex');
  }

  #cipherOf({ keySlot, name, state }: DerivedThing, salt: Uint8Array): PartCipher | undefined {
    const key = this.#options.keyOf(keySlot);
    const binding: Binding = { purpose: this.#options.purpose, name, state };
    return key && new PartCipher(key, salt, binding);
  }

  /** Does something with an open file; one that does not open, or gives nothing, is removed. */
  async #opened<Result>(
    thing: DerivedThing,
    work: (
      file: OpenFile,
      part: (number: number) => Promise<Buffer | undefined>,
    ) => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    if (this.#isClosed || this.maxBytes === 0) return undefined;
    const name = this.#fileOf(thing);
    let handle: FileHandle | undefined;
    let file: OpenFile | undefined;
    try {
      handle = await open(join(this.#options.folder, name), HOW_TO_READ);
      file = await this.#openFile(thing, handle, this.#files.bytesOf(name));
      const opened = file;
      const result = opened && (await work(opened, (number) => readPlace(opened, number)));
      if (result === undefined) await this.#files.remove(name);
      else this.#files.used(name);
      return result;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const isGone = error.code === 'ENOENT' && this.#files.bytesOf(name) !== undefined;
      if (isGone || error.code === 'EISDIR') await this.#files.remove(name);
      return undefined;
    } finally {
      if (file) giveBack(file.end);
      // Nobody waits for it.
      handle?.close().catch(() => undefined);
    }
  }

  /** @param known how long it was when it was written or last looked at */
  async #openFile(
    thing: DerivedThing,
    handle: FileHandle,
    known: number | undefined,
  ): Promise<OpenFile | undefined> {
    let size = known;
    let end: Buffer | undefined;
    if (size !== undefined && size <= READ_WHOLE_BYTES) {
      // A byte more, which must not be there: another file may have come into its place.
      end = await readAt(handle, 0, size + 1);
      if (end.length !== size) end = undefined;
    }
    if (end === undefined) {
      size = await sizeOf(handle);
      if (size === undefined) return undefined;
      const endLength = Math.min(size, END_BYTES);
      end = await readAt(handle, size - endLength, endLength);
    }
    const tail = readTail(end);
    const cipher = tail && this.#cipherOf(thing, tail.salt);
    if (!cipher || size === undefined) return undefined;
    const endBytes = tail.tableBytes + TAIL_BYTES;
    if (endBytes > size) return undefined;
    if (endBytes > end.length) end = await readAt(handle, size - endBytes, endBytes);
    const table = end.subarray(end.length - endBytes, end.length - endBytes + tail.tableBytes);
    const places = cipher.openTable(table, size);
    return places && { handle, cipher, places, end, endOffset: size - end.length };
  }

  async #write(
    thing: DerivedThing,
    parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<boolean> {
    const salt = randomBytes(SALT_BYTES);
    const cipher = this.#cipherOf(thing, salt);
    if (!cipher) return false;
    const name = this.#fileOf(thing);
    let temporary: string | undefined;
    let handle: FileHandle | undefined;
    try {
      await this.#files.makeFolder();
      if (!(await this.#hasRoom())) return false;
      const path = this.#files.temporaryPath(name);
      handle = await open(path, 'wx', 0o600);
      temporary = path;
      const bytes = await this.#writeParts(handle, cipher, salt, parts);
      await handle.close();
      handle = undefined;
      if (bytes === undefined) return false;
      await rename(path, join(this.#options.folder, name));
      temporary = undefined;
      await this.#files.added(name, bytes);
      return true;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return false;
    } finally {
      await handle?.close();
      if (temporary !== undefined) await rm(temporary, { force: true });
    }
  }

  /** @returns how long the file is; undefined when it is given up */
  async #writeParts(
    handle: FileHandle,
    cipher: PartCipher,
    salt: Uint8Array,
    parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<number | undefined> {
    const lengths: number[] = [];
    let bytes = 0;
    let waiting: Buffer[] = [];
    let waitingBytes = 0;
    for await (const part of parts) {
      const isTooMuch = bytes + part.length > this.maxBytes || lengths.length >= PARTS_MAX;
      if (this.#isClosed || isTooMuch || part.length > PART_MAX_BYTES) return undefined;
      const sealed = cipher.seal(lengths.length, part);
      lengths.push(part.length);
      bytes += sealed.length;
      waiting.push(sealed);
      waitingBytes += sealed.length;
      if (waitingBytes < WRITE_MIN_BYTES) continue;
      await handle.writeFile(Buffer.concat(waiting));
      waiting = [];
      waitingBytes = 0;
    }
    const end = cipher.sealEnd(salt, lengths);
    await handle.writeFile(Buffer.concat([...waiting, end]));
    return this.#isClosed ? undefined : bytes + end.length;
  }

  /** Where the disk is nearly full, nothing is added, and what is there makes room for what must be stored. */
  async #hasRoom(): Promise<boolean> {
    const { folder, diskReserveBytes = DISK_RESERVE_BYTES } = this.#options;
    const { bavail, bsize } = await statfs(folder);
    const missing = diskReserveBytes - bavail * bsize;
    if (missing <= 0) return true;
    await this.#files.free(missing);
    return false;
  }
}

async function readPlace(file: OpenFile, number: number): Promise<Buffer | undefined> {
  const place = file.places[number];
  if (!place) return undefined;
  const start = place.offset - file.endOffset;
  if (start >= 0) return file.cipher.open(number, file.end.subarray(start, start + place.bytes));
  const sealed = await readAt(file.handle, place.offset, place.bytes);
  const clear = file.cipher.open(number, sealed);
  giveBack(sealed);
  return clear;
}

/** What was read is not needed once it is decrypted: the garbage collector need not run for every few files. */
function giveBack({ buffer, byteLength }: Buffer): void {
  // Short ones lie in memory that they share.
  if (buffer instanceof ArrayBuffer && byteLength * 2 > buffer.byteLength) buffer.transfer(0);
}

/** Fewer bytes where the file ends before. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Never through a link, never waiting for whoever writes into a pipe. */
const HOW_TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Undefined when it is no file. */
async function sizeOf(handle: FileHandle): Promise<number | undefined> {
  const status = await handle.stat();
  return status.isFile() ? status.size : undefined;
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;
