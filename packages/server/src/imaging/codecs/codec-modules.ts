import { ImagingError } from '../imaging-error.ts';
import { CODEC_MEMORY_KEPT_BYTES } from '../limits.ts';

// A codec makes the object it is given its own: each gets another.
function silent(): { print: () => void; printErr: () => void } {
  return { print: () => undefined, printErr: () => undefined };
}

const loaders = {
  charls: async () => (await import('@cornerstonejs/codec-charls/wasmjs')).default(silent()),
  openjpeg: async () => (await import('@cornerstonejs/codec-openjpeg/wasmjs')).default(silent()),
  openjph: async () => (await import('@cornerstonejs/codec-openjph/wasmjs')).default(silent()),
  turbo: async () => (await import('@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs')).default(silent()),
};

type Loaders = typeof loaders;
type CodecName = keyof Loaders;
type CodecModule<Name extends CodecName> = Awaited<ReturnType<Loaders[Name]>>;
type Instances = { [Name in CodecName]?: CodecModule<Name> };

/** Codecs of one worker: each is loaded when first needed. One job at a time. */
export class CodecModules {
  readonly #instances: Instances = {};
  readonly #memory: MemoryLimit | undefined;

  /** @param memory what limits the codecs' memory, to tell why one failed */
  constructor(memory?: MemoryLimit) {
    this.#memory = memory;
  }

  /**
   * Runs `use` with a codec. A codec that threw is not used again: what it left in its memory is unknown. Codecs
   * throw numbers; whatever they throw becomes an ImagingError.
   * @throws ImagingError CODESTREAM_INVALID, or what `use` throws of its own; MEMORY_LIMIT when the codec ran out of it
   */
  async use<Name extends CodecName, Result>(
    name: Name,
    use: (codec: CodecModule<Name>) => Result,
  ): Promise<Result> {
    const codec = await this.#load(name);
    try {
      const result = use(codec);
      if (codec.HEAPU8.length > CODEC_MEMORY_KEPT_BYTES) delete this.#instances[name];
      return result;
    } catch (error) {
      delete this.#instances[name];
      if (error instanceof ImagingError) throw error;
      const ranOut = this.#memory?.takeRefusal() === true;
      if (ranOut || error instanceof RangeError) throw new ImagingError('MEMORY_LIMIT', { codec: name });
      throw new ImagingError('CODESTREAM_INVALID', { codec: name });
    }
  }

  async #load<Name extends CodecName>(name: Name): Promise<CodecModule<Name>> {
    const known = this.#instances[name];
    if (known !== undefined) return known;
    const loaded = (await loaders[name]()) as CodecModule<Name>;
    const instances: { [Key in CodecName]?: CodecModule<Key> } = this.#instances;
    instances[name] = loaded as Instances[Name];
    return loaded;
  }
}

/** Bytes a codec gave, as a copy of their own: they may lie in its memory. */
export function copied(
  given: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>,
  codec: CodecModuleBase,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  return given.buffer === codec.HEAPU8.buffer ? bytes.slice() : bytes;
}

interface CodecModuleBase {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
}

/** Tells whether a codec was refused memory since it was last asked. */
export interface MemoryLimit {
  takeRefusal(): boolean;
}

/** Bytes of a page of WebAssembly memory. */
const pageBytes = 65536;

/**
 * Holds every WebAssembly memory of this thread below a size: growing beyond it fails, and the codec with it, before a
 * forged header takes the machine's memory. Codecs ask through Memory.grow alone.
 */
export function limitWasmMemory(maxBytes: number): MemoryLimit {
  const prototype = WebAssembly.Memory.prototype;
  const grow = Object.getOwnPropertyDescriptor(prototype, 'grow')?.value as (pages: number) => number;
  let wasRefused = false;
  prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * pageBytes > maxBytes) {
      wasRefused = true;
      throw new RangeError('memory limit');
    }
    return grow.call(this, pages);
  };
  return {
    takeRefusal: () => {
      const taken = wasRefused;
      wasRefused = false;
      return taken;
    },
  };
}
