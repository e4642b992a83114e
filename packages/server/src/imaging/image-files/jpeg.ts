import type { CodecModules } from '../codecs/codec-modules.ts';
import { copied } from '../codecs/codec-modules.ts';
import { readJpegHeader } from '../codestream/jpeg-header.ts';
import { ensure } from '../imaging-error.ts';
import type { RenderedImage } from '../rendering/image.ts';

/** The codec gives its output as much room as its input takes. Told of samples of 64 bits, it takes eight times what
 *  it reads, which is more than the noisiest image needs. */
const roomyBitsPerSample = 64;

/** Below this many pixels even that is less than the tables of a JPEG take. */
const tinyPixels = 1024;

/** Sides of a block of the discrete cosine transform. */
const blockSide = 8;

/** Chrominance at full resolution: annotations burned into colour stay sharp. */
const SAMPLING_444 = 0;

/** An image as baseline JPEG (ISO/IEC 10918-1). */
export async function encodeJpeg(
  modules: CodecModules,
  image: RenderedImage,
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { rows, columns } = image;
  if (rows * columns >= tinyPixels) return encode(modules, image, quality);
  // Blocks that the image fills in part hold what a larger image would have there: only the header differs.
  const bytes = await encode(modules, inWholeBlocks(image), quality);
  return withDimensions(bytes, rows, columns);
}

function encode(
  modules: CodecModules,
  image: RenderedImage,
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { rows, columns, channels, data } = image;
  return modules.use('turbo', (codec) => {
    const encoder = new codec.JPEGEncoder();
    try {
      const input = encoder.getDecodedBuffer({
        width: columns,
        height: rows,
        bitsPerSample: roomyBitsPerSample,
        componentCount: channels,
        isSigned: false,
      });
      ensure(input.length >= data.length, 'LENGTH_WRONG', { expected: data.length, given: input.length });
      input.set(data);
      encoder.setProgressive(0);
      encoder.setQuality(quality);
      encoder.setSubSampling(SAMPLING_444);
      encoder.encode();
      return copied(encoder.getEncodedBuffer(), codec);
    } finally {
      encoder.delete();
    }
  });
}

/** The image with its last row and column repeated up to whole blocks, sixteen of them at least. */
function inWholeBlocks({ rows, columns, channels, data }: RenderedImage): RenderedImage {
  const whole = (side: number): number => Math.ceil(side / blockSide) * blockSide;
  const [fullRows, fullColumns] = [whole(rows), whole(columns)];
  const full = new Uint8Array(fullRows * fullColumns * channels);
  for (let row = 0; row < fullRows; row++)
    for (let column = 0; column < fullColumns; column++) {
      const from = (Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)) * channels;
      const to = (row * fullColumns + column) * channels;
      for (let channel = 0; channel < channels; channel++)
        full[to + channel] = data[from + channel] as number;
    }
  return { rows: fullRows, columns: fullColumns, channels, data: full };
}

/** Writes rows and columns into the frame header (B.2.2), which stands somewhere before the scan. */
function withDimensions(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const { startOfFrame, scanOffset } = readJpegHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at < scanOffset && view.getUint8(at + 1) !== startOfFrame) at += 2 + view.getUint16(at + 2);
  view.setUint16(at + 5, rows);
  view.setUint16(at + 7, columns);
  return bytes;
}
