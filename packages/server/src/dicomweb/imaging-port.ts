import type { DataSet, TransferSyntax } from '@leadglass/dicom';

/** One frame as encoded, and what is needed to understand it. */
export interface EncodedFrame {
  readonly syntax: TransferSyntax;
  /** Image Pixel module and what rendering needs; no Pixel Data. */
  readonly dataSet: DataSet;
  readonly bytes: Uint8Array;
}

/** Decoders and encoders in workers with limits on memory and time, as far as this door needs them. */
export interface Imaging {
  /** Whether frames of one transfer syntax can be given in another. */
  canTranscode(from: TransferSyntax, to: TransferSyntax): boolean;
  /** Rejects when the frame cannot be decoded: the answer is 406. Native frames are little endian. */
  transcodeFrame(frame: EncodedFrame, to: TransferSyntax): Promise<Uint8Array>;
}
