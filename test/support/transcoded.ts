import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readPart10, readPart10Header, Tag } from '@leadglass/dicom';
import {
  describeFrames,
  type ImagingPool,
  nativeFrame,
  nativeFrameRange,
} from '../../packages/server/src/imaging/index.ts';
import { colourByPixel } from '../../packages/server/src/imaging/codecs/colour-by-pixel.ts';
import { filePath } from '../corpus/corpus.ts';
import { corpusImage } from '../corpus/frames.ts';
import type { StorableFile } from './storable.ts';

/** How an instance that came in another transfer syntax than it was stored in compares with the corpus. */
export type Comparison = 'pixels of another decoder' | 'our pixels' | 'no pixels' | 'other pixels';

/** Native pixel data of the corpus' files as other programs made it, or had it: SHA-256 of all frames together. */
function referenceSums(): ReadonlyMap<string, ReadonlySet<string>> {
  const text = gunzipSync(readFileSync(filePath('reference/pixels.json.gz'))).toString('utf8');
  const references = JSON.parse(text) as Record<string, Record<string, { sha256?: string } | string | null>>;
  return new Map(
    Object.entries(references).map(([file, decoders]) => [
      file,
      new Set(
        Object.values(decoders).flatMap((made) =>
          typeof made === 'object' && made?.sha256 !== undefined ? [made.sha256] : [],
        ),
      ),
    ]),
  );
}

/** Transfer syntax of a Part 10 file. */
export function syntaxOfFile(path: string): string {
  return readPart10Header(new Uint8Array(readFileSync(path))).transferSyntaxUID;
}

/** Compares instances that were transcoded on their way with the files of the corpus they were made from. */
export class TranscodedPixels {
  readonly #pool: ImagingPool;
  readonly #references = referenceSums();

  constructor(pool: ImagingPool) {
    this.#pool = pool;
  }

  /** @param received a Part 10 file */
  async compare(received: Uint8Array, { file }: StorableFile): Promise<Comparison> {
    const frames = await decodedFrames(this.#pool, received);
    if (frames === undefined) return 'no pixels';
    const all = Buffer.concat(frames);
    const padded = Buffer.concat([all, Buffer.alloc(all.length % 2)]);
    const references = this.#references.get(file);
    if ([all, padded].some((bytes) => references?.has(sha256(bytes)))) return 'pixels of another decoder';
    const image = await corpusImage(file);
    const decoded = await Promise.all(
      (image?.frames ?? []).map((bytes) => this.#pool.decodeFrame(image?.description ?? never(), bytes)),
    );
    // Native colour may be held in planes, or with half its chrominance; encoded colour is by pixel.
    const isSame = [decoded, decoded.map(colourByPixel)].some((ours) =>
      Buffer.concat(ours.map(({ samples }) => samples)).equals(all),
    );
    return isSame ? 'our pixels' : 'other pixels';
  }
}

/** Frames of a Part 10 file whose frames are one fragment each, decoded; undefined when there are no pixels. */
export async function decodedFrames(pool: ImagingPool, bytes: Uint8Array): Promise<Uint8Array[] | undefined> {
  const { dataSet, header, encoded } = readPart10(bytes);
  const element =
    dataSet.get(Tag.PixelData) ?? dataSet.get(Tag.FloatPixelData) ?? dataSet.get(Tag.DoubleFloatPixelData);
  if (element === undefined) return undefined;
  const description = describeFrames(dataSet, header.transferSyntaxUID);
  if (element.fragments === undefined) {
    return Array.from({ length: description.numberOfFrames }, (_, index) => {
      const range = nativeFrameRange(description, index);
      const from = element.offset + range.offset;
      return nativeFrame(description, range, encoded.subarray(from, from + range.length));
    });
  }
  const decoded = await Promise.all(
    element.fragments.map((_, index) =>
      pool.decodeFrame(description, element.fragmentValue(index) ?? never()),
    ),
  );
  return decoded.map(({ samples }) => samples);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function never(): never {
  throw new Error('what was parsed has a description and fragments');
}
