import { frameLocations, readPart10 } from '@leadglass/dicom';
import type { Part10File } from '@leadglass/dicom';
import {
  describeFrames,
  frameLocationsByStart,
  nativeFrame,
  nativeFrameRange,
} from '../../packages/server/src/imaging/index.ts';
import type { FrameDescription } from '../../packages/server/src/imaging/index.ts';
import { fileBytes } from './corpus.ts';

/** A file of the corpus, what it says of its frames, and each of them as stored. */
export interface CorpusImage {
  readonly file: Part10File;
  readonly description: FrameDescription;
  readonly frames: readonly Uint8Array[];
}

/** Reads frames as an archive does: located first, then cut out. Undefined when there are no pixels to be found. */
export async function corpusImage(name: string): Promise<CorpusImage | undefined> {
  const file = readPart10(fileBytes(name));
  const { dataSet, encoded, header, transferSyntax } = file;
  const description = describeFrames(dataSet, header.transferSyntaxUID);
  const element = dataSet.get(0x7fe00010) ?? dataSet.get(0x7fe00008) ?? dataSet.get(0x7fe00009);
  if (element === undefined) return undefined;
  // Fragments count, whatever the transfer syntax says: some files name one and hold another.
  if (transferSyntax.encapsulated || element.fragments !== undefined) {
    const readStart = (offset: number): Promise<Uint8Array> =>
      Promise.resolve(encoded.subarray(offset, offset + 4));
    const locations = frameLocations(dataSet) ?? (await frameLocationsByStart(dataSet, readStart));
    const frames = locations?.map((location) =>
      Buffer.concat(location.map(({ offset, length }) => encoded.subarray(offset, offset + length))),
    );
    return frames === undefined ? undefined : { file, description, frames };
  }
  const frames = Array.from({ length: description.numberOfFrames }, (_, index) => {
    const range = nativeFrameRange(description, index);
    const from = element.offset + range.offset;
    const available = encoded.subarray(from, Math.min(from + range.length, element.offset + element.length));
    return nativeFrame(description, range, available);
  });
  return { file, description: asLittleEndian(description), frames };
}

/** What nativeFrame gives is little endian. */
function asLittleEndian(description: FrameDescription): FrameDescription {
  return { ...description, transferSyntaxUID: '1.2.840.10008.1.2.1' };
}
