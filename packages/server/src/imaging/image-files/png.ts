import { crc32, deflateSync } from 'node:zlib';

/** Samples of a PNG: grey or RGB by pixel, 8 bits, or 16 bits as numbers. */
export interface PngImage {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array | Uint16Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What zlib is asked for: the fastest levels make files hardly larger once rows are filtered. */
const compressionLevel = 3;

/** Filter types (ISO/IEC 15948 9.2). */
const UP = 2;

/**
 * An image as PNG (ISO/IEC 15948), without loss and without any text in it. Rows are stored as differences to the row
 * above: smooth images then compress well.
 */
export function encodePng({ rows, columns, channels, data }: PngImage): Uint8Array<ArrayBuffer> {
  const isWide = data instanceof Uint16Array;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header.writeUInt8(isWide ? 16 : 8, 8);
  header.writeUInt8(channels === 1 ? 0 : 2, 9);
  const bytes = isWide ? bigEndian(data) : data;
  const compressed = deflateSync(filtered(bytes, rows), { level: compressionLevel });
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', compressed), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat(parts));
}

function bigEndian(data: Uint16Array): Uint8Array {
  const bytes = Buffer.alloc(data.length * 2);
  for (const [index, value] of data.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}

function filtered(bytes: Uint8Array, rows: number): Uint8Array {
  const rowBytes = bytes.length / rows;
  const result = new Uint8Array(bytes.length + rows);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    result[to++] = UP;
    const start = row * rowBytes;
    if (row === 0) result.set(bytes.subarray(0, rowBytes), to);
    else
      for (let at = 0; at < rowBytes; at++)
        result[to + at] = (bytes[start + at] as number) - (bytes[start + at - rowBytes] as number);
    to += rowBytes;
  }
  return result;
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
