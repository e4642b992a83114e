import type { RenderedImage } from '../rendering/image.ts';

/** Codes of LZW have up to 12 bits; then the table is begun anew. */
const codesMax = 4096;

/** Delays are counted in hundredths of a second, in 16 bits. */
const delayMax = 0xffff;

/** Levels of red, green and blue in the palette for colour: 6 x 7 x 6 fit into 256, green being seen best. */
const colourLevels = { red: 6, green: 7, blue: 6 } as const;

/**
 * Images of one size as an animated GIF (version 89a) that repeats for ever. Grey is exact; colour is reduced to 252.
 */
export function encodeGif(images: readonly RenderedImage[], frameTimeMs: number): Uint8Array<ArrayBuffer> {
  const first = images[0] as RenderedImage;
  const { rows, columns, channels } = first;
  const delay = Math.min(delayMax, Math.max(2, Math.round(frameTimeMs / 10)));
  const parts: Uint8Array[] = [screen(columns, rows), channels === 1 ? greyPalette() : colourPalette()];
  if (images.length > 1)
    parts.push(Buffer.from([0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0', 'latin1'), 3, 1, 0, 0, 0]));
  for (const image of images) {
    parts.push(Uint8Array.of(0x21, 0xf9, 4, 4, delay & 0xff, delay >> 8, 0, 0));
    parts.push(imageDescriptor(columns, rows));
    parts.push(compress(image.channels === 1 ? image.data : paletteIndices(image.data)));
  }
  parts.push(Uint8Array.of(0x3b));
  return new Uint8Array(Buffer.concat(parts));
}

function screen(columns: number, rows: number): Uint8Array {
  const bytes = Buffer.alloc(13);
  bytes.write('GIF89a', 'latin1');
  bytes.writeUInt16LE(columns, 6);
  bytes.writeUInt16LE(rows, 8);
  // A global colour table of 256 entries.
  bytes.writeUInt8(0xf7, 10);
  return bytes;
}

function imageDescriptor(columns: number, rows: number): Uint8Array {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt8(0x2c);
  bytes.writeUInt16LE(columns, 5);
  bytes.writeUInt16LE(rows, 7);
  return bytes;
}

function greyPalette(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3));
}

function colourPalette(): Uint8Array {
  const { red, green, blue } = colourLevels;
  const palette = new Uint8Array(768);
  for (let index = 0; index < red * green * blue; index++) {
    palette[index * 3] = Math.round((Math.floor(index / (green * blue)) * 255) / (red - 1));
    palette[index * 3 + 1] = Math.round(((Math.floor(index / blue) % green) * 255) / (green - 1));
    palette[index * 3 + 2] = Math.round(((index % blue) * 255) / (blue - 1));
  }
  return palette;
}

function paletteIndices(data: Uint8Array): Uint8Array {
  const { red, green, blue } = colourLevels;
  const level = (at: number, levels: number): number =>
    Math.round(((data[at] as number) * (levels - 1)) / 255);
  return Uint8Array.from({ length: data.length / 3 }, (_, index) => {
    const at = index * 3;
    return (level(at, red) * green + level(at + 1, green)) * blue + level(at + 2, blue);
  });
}

/** LZW with codes of variable length, lowest bit first, in blocks of up to 255 bytes. */
function compress(indices: Uint8Array): Uint8Array {
  const minimumBits = 8;
  const clear = 1 << minimumBits;
  const packed = new BitWriter(indices.length + 64);
  // By prefix and byte: the code of the longer string, valid in the generation it was written in.
  const codes = new Uint16Array(codesMax * 256);
  const generations = new Uint32Array(codesMax * 256);
  let generation = 1;
  let next = clear + 2;
  let bits = minimumBits + 1;
  packed.write(clear, bits);
  let prefix = indices[0] as number;
  for (let at = 1; at < indices.length; at++) {
    const byte = indices[at] as number;
    const key = prefix * 256 + byte;
    if (generations[key] === generation) {
      prefix = codes[key] as number;
      continue;
    }
    packed.write(prefix, bits);
    prefix = byte;
    if (next < codesMax) {
      generations[key] = generation;
      codes[key] = next++;
      if (next - 1 === 1 << bits) bits++;
    } else {
      packed.write(clear, bits);
      generation++;
      next = clear + 2;
      bits = minimumBits + 1;
    }
  }
  packed.write(prefix, bits);
  packed.write(clear + 1, bits);
  return blocks(minimumBits, packed.finish());
}

function blocks(minimumBits: number, bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(minimumBits)];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.subarray(at, at + 255);
    parts.push(Uint8Array.of(block.length), block);
  }
  parts.push(Uint8Array.of(0));
  return Buffer.concat(parts);
}

class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #bits = 0;
  #count = 0;

  constructor(bytesExpected: number) {
    this.#bytes = new Uint8Array(bytesExpected);
  }

  write(code: number, bits: number): void {
    this.#bits |= code << this.#count;
    this.#count += bits;
    while (this.#count >= 8) this.#put();
  }

  finish(): Uint8Array {
    if (this.#count > 0) this.#put();
    return this.#bytes.subarray(0, this.#length);
  }

  #put(): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = this.#bits & 0xff;
    this.#bits >>>= 8;
    this.#count -= 8;
  }
}
