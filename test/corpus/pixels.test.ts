import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ParseError } from '@leadglass/dicom';
import { afterAll, describe, expect, test } from 'vitest';
import { ImagingError, ImagingPool } from '../../packages/server/src/imaging/index.ts';
import type { SampleLayout } from '../../packages/server/src/imaging/index.ts';
import { corpusMissingReason, corpusTitle, filePath } from './corpus.ts';
import { corpusImage } from './frames.ts';
import { pixelDifferences } from './pixel-differences.ts';

/** What one other decoder made of a file. */
interface DecodedByOthers {
  readonly sha256?: string;
  readonly frameSha256?: readonly string[];
  readonly note?: string;
  readonly frame0?: { readonly min: number; readonly max: number; readonly mean: number };
}

const decoders = ['stored', 'dcmtk', 'gdcm', 'pydicom', 'openjpeg-2.5', 'zlib', 'libjxl-0.7 djxl'] as const;

type Reference = { readonly [Decoder in (typeof decoders)[number]]?: DecodedByOthers } & {
  readonly transferSyntax: string | null;
};

function references(): [string, Reference][] {
  if (corpusMissingReason !== undefined) return [];
  const text = gunzipSync(readFileSync(filePath('reference/pixels.json.gz'))).toString('utf8');
  return Object.entries(JSON.parse(text) as Record<string, Reference>);
}

const pool = new ImagingPool();
afterAll(() => pool.close());

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Ours {
  readonly layout: SampleLayout;
  readonly frames: readonly Uint8Array<ArrayBuffer>[];
}

async function decodeAll(name: string): Promise<Ours | string> {
  try {
    const image = await corpusImage(name);
    if (image === undefined) return 'no frames found';
    const decoded = await Promise.all(
      image.frames.map((bytes) => pool.decodeFrame(image.description, bytes)),
    );
    const layout = decoded[0]?.layout;
    if (layout === undefined) return 'no frames found';
    return { layout, frames: decoded.map(({ samples }) => samples) };
  } catch (error) {
    if (error instanceof ImagingError || error instanceof ParseError) return error.code;
    throw error;
  }
}

/** Whether our frames are those of one of the others: as a whole, frame by frame, or by plane where it gave planes. */
function isSame({ layout, frames }: Ours, other: DecodedByOthers): boolean {
  if (other.note?.includes('planes') === true) return sha256(inPlanes(layout, frames)) === other.sha256;
  if (other.sha256 !== undefined) {
    const whole = Buffer.concat(
      layout.bitsAllocated === 1 && frames.length > 1 ? joinedBits(layout, frames) : frames,
    );
    // Some writers' padding is part of the value, and of its hash.
    const padded = Buffer.concat([whole, Buffer.alloc(whole.length % 2)]);
    const bytesPerBit = Buffer.concat(frames.map((frame) => onePerByte(layout, frame)));
    return [whole, padded, bytesPerBit].some((bytes) => sha256(bytes) === other.sha256);
  }
  return (
    other.frameSha256?.length === frames.length &&
    frames.every((frame, index) => sha256(frame).slice(0, 16) === other.frameSha256?.[index])
  );
}

/** One-bit frames are stored one behind the other, not each from a byte on. */
function joinedBits(layout: SampleLayout, frames: readonly Uint8Array[]): Uint8Array[] {
  const bits = frames.flatMap((frame) => [...onePerByte(layout, frame)]);
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3] = (bytes[at >> 3] as number) | (bit << (at & 7));
  return [bytes];
}

function onePerByte(layout: SampleLayout, frame: Uint8Array): Uint8Array {
  if (layout.bitsAllocated !== 1) return frame;
  return Uint8Array.from(
    { length: layout.rows * layout.columns },
    (_, at) => ((frame[at >> 3] as number) >> (at & 7)) & 1,
  );
}

function inPlanes(layout: SampleLayout, frames: readonly Uint8Array[]): Uint8Array {
  const [frame = new Uint8Array(0)] = frames;
  const { samplesPerPixel } = layout;
  const pixels = frame.length / samplesPerPixel;
  return Uint8Array.from(
    { length: frame.length },
    (_, at) => frame[(at % pixels) * samplesPerPixel + Math.floor(at / pixels)] as number,
  );
}

/** Least, greatest and mean value of the first frame are within one grey level of the other's. */
function isWithinOneLevel({ layout, frames }: Ours, { frame0 }: DecodedByOthers): boolean {
  const frame = frames[0];
  if (frame0 === undefined || frame === undefined || layout.bitsAllocated > 16) return false;
  const Samples =
    layout.bitsAllocated === 8
      ? layout.pixelRepresentation === 1
        ? Int8Array
        : Uint8Array
      : layout.pixelRepresentation === 1
        ? Int16Array
        : Uint16Array;
  const samples = new Samples(frame.buffer, frame.byteOffset, frame.length / Samples.BYTES_PER_ELEMENT);
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const sample of samples) {
    min = Math.min(min, sample);
    max = Math.max(max, sample);
    sum += sample;
  }
  const mean = sum / samples.length;
  return [min - frame0.min, max - frame0.max, mean - frame0.mean].every((by) => Math.abs(by) <= 1);
}

const lossy = /^1\.2\.840\.10008\.1\.2\.4\.(50|51|53|81|91)$/;

/** How our pixels compare; undefined when as they must. */
async function compare(name: string, reference: Reference): Promise<string | undefined> {
  const others = decoders
    .map((decoder) => reference[decoder])
    .filter((other) => other?.sha256 !== undefined || other?.frameSha256 !== undefined);
  if (others.length === 0) return undefined;
  const ours = await decodeAll(name);
  if (typeof ours === 'string') return ours;
  const isEqual = (other: DecodedByOthers | undefined): boolean =>
    other !== undefined &&
    (isSame(ours, other) || (lossy.test(reference.transferSyntax ?? '') && isWithinOneLevel(ours, other)));
  return others.some(isEqual) ? undefined : 'other pixels';
}

describe.skipIf(corpusMissingReason !== undefined)(corpusTitle('decoded frames of the corpus'), () => {
  test('are those that DCMTK, GDCM, pydicom, OpenJPEG and zlib made, but for listed differences', async () => {
    const found: Record<string, string> = {};
    let same = 0;
    for (const [name, reference] of references()) {
      const difference = await compare(name, reference);
      if (difference === undefined) same++;
      else found[name] = difference;
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(pixelDifferences).map(([name, { found }]) => [name, found])),
    );
    expect(same).toBeGreaterThan(420);
  }, 300_000);
});
