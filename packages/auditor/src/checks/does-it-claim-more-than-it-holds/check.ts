import { Tag, transferSyntax } from '@leadglass/dicom';
import type { ParseErrorCode } from '@leadglass/dicom';
import type { FileCheck, FileFacts, Notes, ReadFailure } from '../../files/file-check.ts';
import { compressionRatioMax, ratioMattersAboveBytes } from '../../files/limits.ts';
import { meta } from './meta.ts';

/** Limits of the parser that real files stay far below. */
const bombs: Partial<Record<ParseErrorCode, string>> = {
  NESTING_TOO_DEEP: 'nesting',
  TOO_MANY_ELEMENTS: 'elements',
  TOO_MANY_ITEMS: 'items',
  TOO_MANY_FRAGMENTS: 'fragments',
  INFLATED_TOO_LARGE: 'inflated-size',
};

/** A length this much beyond what is left was not cut short in transfer: nobody ever had these bytes. */
const absurdLengthBytes = 1024 * 1024 * 1024;
const absurdLengthFactor = 16;

/** Pixels that a reader sets aside memory for before it reads them. */
const nativeFactorMax = 16;

/** No detector makes a frame of this size. */
const frameMaxBytes = 8 * 1024 * 1024 * 1024;

/** P07: what a file would cost a reader that believes it (CWE-400, CWE-770). */
export const check: FileCheck = {
  meta,
  visit(file, notes) {
    if (file.failure !== undefined) judgeFailure(file.failure, file.sizeBytes, notes);
    if ((file.inflationRatio ?? 0) > compressionRatioMax) notes.expose('inflated-size');
    judgePixels(file, notes);
    return undefined;
  },
};

function judgeFailure(failure: ReadFailure, sizeBytes: number, notes: Notes): void {
  const bomb = bombs[failure.code];
  const declared = failure.declared ?? 0;
  const isAbsurd = declared > absurdLengthBytes && declared > sizeBytes * absurdLengthFactor;
  if (bomb !== undefined) notes.expose(bomb);
  else if (isAbsurd) notes.expose('length');
  else if (failure.code === 'RETAINED_TOO_LARGE') notes.count('header-beyond-limit');
  else notes.count('damaged');
}

/** Image Pixel Module (PS3.3 C.7.6.3): claimed size against stored bytes. */
function judgePixels({ dataSet, header, pixels }: FileFacts, notes: Notes): void {
  if (dataSet === undefined) return;
  const claimed = (tag: number): number => Math.max(0, dataSet.number(tag) ?? 0);
  const bits = claimed(Tag.BitsAllocated);
  const samples = Math.max(1, claimed(Tag.SamplesPerPixel));
  const frames = dataSet.has(Tag.NumberOfFrames) ? claimed(Tag.NumberOfFrames) : 1;
  const frameBytes = Math.ceil((claimed(Tag.Rows) * claimed(Tag.Columns) * samples * bits) / 8);
  const total = frameBytes * frames;
  if (frameBytes > frameMaxBytes) notes.expose('frame-size');
  if (pixels === undefined || total <= ratioMattersAboveBytes) return;
  const codec = transferSyntax(header?.transferSyntaxUID ?? '')?.codec;
  const isVideo = codec !== undefined && /mpeg|hevc|h264|h265|avc/.test(codec);
  const factor = pixels.encapsulated ? compressionRatioMax * (isVideo ? videoFactor : 1) : nativeFactorMax;
  if (pixels.isWhole && total > pixels.storedBytes * factor) notes.expose('frames');
}

/** Video of a still scene compresses some ten times better than its frames would alone. */
const videoFactor = 20;
