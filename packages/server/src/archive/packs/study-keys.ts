import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync, constants } from 'node:fs';
import { KEY_BYTES, unwrap, wrap } from './cipher.ts';

/**
 * One key per study, each in a slot of one small file, wrapped under a key derived from the master key.
 * Deleting a study overwrites its slot: from then on its records, wherever copies of the packs lie,
 * cannot be read (law: deleting a study destroys its key).
 *
 *     slot, 128 bytes:  0 state (1 in use, 0 free or destroyed)   1 zero   4 wrapped key (12 + 32 + 16)
 *                      64 HMAC-SHA-256 of the StudyInstanceUID    96 zero
 *
 * A data set that goes into quarantine has a key of its own, in a slot that is named after its stream: it can be dropped
 * for good and its study stays.
 */
const SLOT_BYTES = 128;
const WRAPPED_BYTES = 12 + KEY_BYTES + 16;
const NAME_OFFSET = 64;
const NAME_BYTES = 32;
/** Unwrapped keys kept at hand; an entry is about 200 bytes. */
const CACHED_KEYS = 4096;

export class StudyKeys {
  readonly #fd: number;
  readonly #wrappingKey: KeyObject;
  readonly #nameKey: KeyObject;
  readonly #cache = new Map<number, Uint8Array>();
  #slots: number;
  #dirty = false;
  /** A descriptor's number is given to the next file that is opened: nothing may go through it after closing. */
  #closed = false;

  private constructor(fd: number, wrappingKey: Uint8Array, nameKey: Uint8Array) {
    this.#fd = fd;
    this.#wrappingKey = createSecretKey(wrappingKey);
    this.#nameKey = createSecretKey(nameKey);
    // A slot cut short by a crash was never acknowledged: it is written over.
    this.#slots = Math.floor(fstatSync(fd).size / SLOT_BYTES);
  }

  static open(file: string, wrappingKey: Uint8Array, nameKey: Uint8Array): StudyKeys {
    return new StudyKeys(openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600), wrappingKey, nameKey);
  }

  /** The file, for whoever makes new slots durable together with what they protect. */
  get fileDescriptor(): number {
    return this.#fd;
  }

  /** True once after new slots were written: they must be synced before anything under them is acknowledged. */
  takeDirty(): boolean {
    const dirty = this.#dirty;
    this.#dirty = false;
    return dirty;
  }

  /** @param named the StudyInstanceUID, or what else the key is for */
  create(named: string): { slot: number; key: Uint8Array } {
    if (this.#closed) throw new Error('the keys of studies are closed');
    const slot = this.#slots++;
    const key = randomBytes(KEY_BYTES);
    const bytes = Buffer.alloc(SLOT_BYTES);
    const name = this.#nameOf(named);
    bytes[0] = 1;
    wrap(this.#wrappingKey, this.#purpose(slot, name), key).copy(bytes, 4);
    name.copy(bytes, NAME_OFFSET);
    writeSync(this.#fd, bytes, 0, SLOT_BYTES, slot * SLOT_BYTES);
    this.#dirty = true;
    this.#remember(slot, key);
    return { slot, key };
  }

  /** The key in a slot; undefined when it was destroyed, or the master key is another one. */
  get(slot: number): Uint8Array | undefined {
    const cached = this.#cache.get(slot);
    if (cached) return cached;
    const key = this.#read(slot)?.key;
    if (key) this.#remember(slot, key);
    return key;
  }

  #read(slot: number): { name: Buffer; key: Uint8Array } | undefined {
    if (this.#closed || slot >= this.#slots) return undefined;
    const bytes = Buffer.alloc(SLOT_BYTES);
    if (readSync(this.#fd, bytes, 0, SLOT_BYTES, slot * SLOT_BYTES) < SLOT_BYTES || bytes[0] !== 1) {
      return undefined;
    }
    const name = bytes.subarray(NAME_OFFSET, NAME_OFFSET + NAME_BYTES);
    const key = unwrap(this.#wrappingKey, this.#purpose(slot, name), bytes.subarray(4, 4 + WRAPPED_BYTES));
    return key && { name, key };
  }

  /** Whether the slot was given to what has this name, and its key is there: the name is sealed with the key. */
  isOf(slot: number, name: string): boolean {
    return this.#read(slot)?.name.equals(this.#nameOf(name)) ?? false;
  }

  /** Overwrites the slots and waits until the disk has it. */
  destroy(...slots: number[]): void {
    if (this.#closed) throw new Error('the keys of studies are closed');
    for (const slot of slots) {
      this.#cache.get(slot)?.fill(0);
      this.#cache.delete(slot);
      writeSync(this.#fd, Buffer.alloc(SLOT_BYTES), 0, SLOT_BYTES, slot * SLOT_BYTES);
    }
    fdatasyncSync(this.#fd);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    fdatasyncSync(this.#fd);
    closeSync(this.#fd);
    this.#cache.clear();
  }

  #nameOf(named: string): Buffer {
    return createHmac('sha256', this.#nameKey).update(named).digest();
  }

  #purpose(slot: number, name: Uint8Array): Buffer {
    const purpose = Buffer.alloc(4 + NAME_BYTES);
    purpose.writeUInt32LE(slot, 0);
    purpose.set(name, 4);
    return purpose;
  }

  #remember(slot: number, key: Uint8Array): void {
    if (this.#cache.size >= CACHED_KEYS) {
      const oldest = this.#cache.keys().next().value;
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    this.#cache.set(slot, key);
  }
}
