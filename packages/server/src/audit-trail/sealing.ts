import {
  createCipheriv,
  createDecipheriv,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type Cipheriv,
  type Decipheriv,
} from 'node:crypto';

/**
 * A sealed entry:
 *   byte 0        layout version
 *   bytes 1-8     sequence number, big endian, from 1
 *   bytes 9-24    stream: which key, a random number per opening of the trail
 *   bytes 25-32   position in that stream's keystream, bytes, big endian
 *   bytes 33..    AES-256-CTR ciphertext of the entry
 *   last 32       chain value: HMAC-SHA-256(chain key, chain value of the entry before || all bytes so far)
 *
 * Encrypt-then-MAC: the chain value authenticates every byte, the order and the whole past. A counter-mode stream
 * that lives as long as the trail is open costs a microsecond an entry; a GCM cipher object each, up to forty. The
 * keystream only ever goes forward, so an entry that was taken back does not give its bytes to the next.
 */
export const SEALED_VERSION = 1;
const SEQUENCE_AT = 1;
const STREAM_AT = 9;
const STREAM_LENGTH = 16;
const POSITION_AT = STREAM_AT + STREAM_LENGTH;
const BODY_AT = POSITION_AT + 8;
export const CHAIN_LENGTH = 32;
/** Bytes that a seal adds to the plain entry. */
export const SEAL_OVERHEAD = BODY_AT + CHAIN_LENGTH;

const AES_BLOCK_LENGTH = 16;
/** A new stream key after this much: 2^32 blocks, far below where counter mode could be told from random. */
const STREAM_BYTES_MAX = 2 ** 36;

/** The keys of one trail and what is done with them. Holds no position in the chain: the caller passes it. */
export class TrailSealer {
  readonly #root: Uint8Array;
  readonly #hmac: HmacSha256;
  #writing: Keystream | undefined;
  #reading: { id: Buffer; decipher: Decipheriv; position: number } | undefined;

  /** @param key 32 bytes, derived for the trail alone */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new RangeError('the trail key has 32 bytes');
    this.#root = key;
    this.#hmac = new HmacSha256(derive(key, 'chain'));
  }

  /** The chain value before the first entry. */
  get genesis(): Buffer {
    return this.#hmac.digest(Buffer.from('leadglass audit trail, entry 0', 'latin1'), Buffer.alloc(0));
  }

  /** The key of the head checkpoint. */
  get headKey(): Buffer {
    return derive(this.#root, 'head');
  }

  seal(plain: Uint8Array, sequence: number, previousChain: Uint8Array): Buffer {
    const stream = this.#writingStream();
    const { bytes, at, position } = stream.take(plain.length);
    const sealed = Buffer.allocUnsafe(SEAL_OVERHEAD + plain.length);
    sealed[0] = SEALED_VERSION;
    writeUint64(sealed, SEQUENCE_AT, sequence);
    stream.id.copy(sealed, STREAM_AT);
    writeUint64(sealed, POSITION_AT, position);
    for (let index = 0; index < plain.length; index++) {
      sealed[BODY_AT + index] = (plain[index] ?? 0) ^ (bytes[at + index] ?? 0);
    }
    const chainAt = sealed.length - CHAIN_LENGTH;
    this.#hmac.digest(previousChain, sealed.subarray(0, chainAt)).copy(sealed, chainAt);
    return sealed;
  }

  /** Whether these bytes are what was sealed with this key right after the entry with `previousChain`. */
  follows(sealed: Uint8Array, previousChain: Uint8Array): boolean {
    if (sealed.length < SEAL_OVERHEAD || sealed[0] !== SEALED_VERSION) return false;
    const chainAt = sealed.length - CHAIN_LENGTH;
    return timingSafeEqual(
      this.#hmac.digest(previousChain, sealed.subarray(0, chainAt)),
      sealed.subarray(chainAt),
    );
  }

  /** The plain entry. Only for bytes of which `follows` was true: nothing else authenticates them. */
  unseal(sealed: Uint8Array): Buffer {
    const id = Buffer.from(sealed.subarray(STREAM_AT, POSITION_AT));
    const position = readUint64(sealed, POSITION_AT);
    const body = sealed.subarray(BODY_AT, sealed.length - CHAIN_LENGTH);
    let reading = this.#reading;
    if (reading === undefined || reading.position !== position || !reading.id.equals(id)) {
      reading = { id, decipher: this.#decipherAt(id, position), position };
      this.#reading = reading;
    }
    reading.position += body.length;
    return reading.decipher.update(body);
  }

  #writingStream(): Keystream {
    if (this.#writing === undefined || this.#writing.position > STREAM_BYTES_MAX) {
      const id = randomBytes(STREAM_LENGTH);
      this.#writing = new Keystream(id, this.#streamKey(id));
    }
    return this.#writing;
  }

  #decipherAt(id: Buffer, position: number): Decipheriv {
    const counter = Buffer.alloc(AES_BLOCK_LENGTH);
    writeUint64(counter, AES_BLOCK_LENGTH - 8, Math.floor(position / AES_BLOCK_LENGTH));
    const decipher = createDecipheriv('aes-256-ctr', this.#streamKey(id), counter);
    decipher.update(Buffer.alloc(position % AES_BLOCK_LENGTH));
    return decipher;
  }

  #streamKey(id: Buffer): Buffer {
    return derive(this.#root, `entries ${id.toString('hex')}`);
  }
}

/** Keystream is made this much at a time: one call of the cipher for some 200 entries. */
const KEYSTREAM_CHUNK_LENGTH = 64 * 1024;

/** The bytes of one AES-256-CTR stream in order; none is ever given out twice. */
class Keystream {
  readonly id: Buffer;
  readonly #cipher: Cipheriv;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkStart = 0;
  #at = 0;

  constructor(id: Buffer, key: Buffer) {
    this.id = id;
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(AES_BLOCK_LENGTH));
  }

  /** The next byte's position in the stream. */
  get position(): number {
    return this.#chunkStart + this.#at;
  }

  /** `length` bytes from `at` in `bytes`; `position` is where they stand in the stream. */
  take(length: number): { readonly bytes: Buffer; readonly at: number; readonly position: number } {
    if (this.#chunk.length - this.#at < length) {
      this.#chunkStart += this.#chunk.length;
      this.#chunk = this.#cipher.update(Buffer.alloc(Math.max(length, KEYSTREAM_CHUNK_LENGTH)));
      this.#at = 0;
    }
    const taken = { bytes: this.#chunk, at: this.#at, position: this.position };
    this.#at += length;
    return taken;
  }
}

/**
 * HMAC-SHA-256 (RFC 2104) over a prefix and a message, on the one-shot hash: node's own HMAC object costs ten times
 * as much to create as a short message to hash. Tested against it.
 */
export class HmacSha256 {
  static readonly #BLOCK_LENGTH = 64;
  #inner: Buffer;
  readonly #outer: Buffer;

  /** @param key at most 64 bytes */
  constructor(key: Uint8Array) {
    const block = HmacSha256.#BLOCK_LENGTH;
    if (key.length > block) throw new RangeError('the key is longer than a block');
    this.#inner = Buffer.alloc(block + 4096, 0x36);
    this.#outer = Buffer.alloc(block + CHAIN_LENGTH, 0x5c);
    for (const [at, byte] of key.entries()) {
      this.#inner[at] = byte ^ 0x36;
      this.#outer[at] = byte ^ 0x5c;
    }
  }

  digest(prefix: Uint8Array, message: Uint8Array): Buffer {
    const block = HmacSha256.#BLOCK_LENGTH;
    const length = block + prefix.length + message.length;
    if (length > this.#inner.length) {
      const larger = Buffer.alloc(length * 2);
      this.#inner.copy(larger, 0, 0, block);
      this.#inner = larger;
    }
    this.#inner.set(prefix, block);
    this.#inner.set(message, block + prefix.length);
    hash('sha256', this.#inner.subarray(0, length), 'buffer').copy(this.#outer, block);
    return hash('sha256', this.#outer, 'buffer');
  }
}

/** The sequence number a sealed entry claims; what it is worth, `follows` says. */
export function sequenceOf(sealed: Uint8Array): number {
  return readUint64(sealed, SEQUENCE_AT);
}

export function chainOf(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(sealed.length - CHAIN_LENGTH);
}

export function writeUint64(target: Buffer, at: number, value: number): void {
  target.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  target.writeUInt32BE(value % 2 ** 32, at + 4);
}

function readUint64(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function derive(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `leadglass audit trail ${purpose}`, 32));
}
