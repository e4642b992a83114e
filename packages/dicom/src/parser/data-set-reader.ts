import type { DataSet } from '../data-set/data-set.ts';
import { Tag } from '../dictionary/tag.ts';
import { Inflater } from '../inflate/inflater.ts';
import type { TransferSyntax } from '../uid/transfer-syntax.ts';
import type { ParseWarning } from './parse-warning.ts';
import { isPixelData, Parser } from './parser.ts';
import { defaultReadLimits, retainValueMaxBytesDefault } from './read-limits.ts';
import type { ReadLimits } from './read-limits.ts';

export interface DataSetReaderOptions {
  readonly limits?: Partial<ReadLimits>;
  /** Longer values, at any depth, and Pixel Data are passed over: only their place is recorded. */
  readonly retainValueMaxBytes?: number;
  /** Which sequences of the top level are wanted: items of others are checked, and take no memory. All, if not given. */
  readonly keepsItemsOf?: (tag: number) => boolean;
}

/**
 * Reads a data set while it arrives. Keeps what an index needs, never Pixel Data; checks the structure to the end.
 * Pushed bytes may be used again by the caller. After a ParseError the reader stays failed.
 *
 * A deflated data set is inflated on the way: offsets then count in the inflated one.
 *
 * Extended Offset Table and its lengths (PS3.3 C.7.6.3.1.8) are kept whatever their length: frames are found by them.
 */
export class DataSetReader {
  readonly #parser: Parser;
  readonly #inflater: Inflater | undefined;
  #bytesRead = 0;
  #failure: Error | undefined;
  #ended = false;

  constructor(ts: TransferSyntax, options: DataSetReaderOptions = {}) {
    const limits = { ...defaultReadLimits, ...options.limits };
    const retainMaxBytes = options.retainValueMaxBytes ?? retainValueMaxBytesDefault;
    const offsetTableMaxBytes = limits.fragmentCountMax * extendedOffsetBytes;
    this.#parser = new Parser({
      explicitVR: ts.explicitVR,
      littleEndian: ts.littleEndian,
      limits,
      copies: true,
      ...(options.keepsItemsOf && { keepsItemsOf: options.keepsItemsOf }),
      passOver: (tag, length) => {
        if (length <= retainMaxBytes) return isPixelData(tag);
        const isOffsetTable = tag === Tag.ExtendedOffsetTable || tag === Tag.ExtendedOffsetTableLengths;
        return !isOffsetTable || length > offsetTableMaxBytes;
      },
    });
    if (ts.deflated) {
      this.#inflater = new Inflater(limits.inflatedMaxBytes, (bytes) => {
        this.#parser.push(bytes);
      });
    }
  }

  /** What was read up to now. */
  get dataSet(): DataSet {
    return this.#parser.dataSet;
  }

  /** Whether Pixel Data began at the top level, or the data set ended: everything an index needs is there. */
  get headerComplete(): boolean {
    return this.#ended || this.#parser.pixelDataOffset !== undefined;
  }

  /** Byte offset in the data set of the Pixel Data element (its tag, not its value). */
  get pixelDataOffset(): number | undefined {
    return this.#parser.pixelDataOffset;
  }

  /** Bytes pushed. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** What was forgiven up to now: the first of it, see warningCountMax. */
  get warnings(): readonly ParseWarning[] {
    return this.#parser.warnings;
  }

  /** Reads the next bytes. @throws ParseError */
  push(chunk: Uint8Array): void {
    this.#bytesRead += chunk.length;
    this.#guarded(() => {
      (this.#inflater ?? this.#parser).push(chunk);
    });
  }

  /** The data set is complete. @throws ParseError DATA_CUT_SHORT when it is not. */
  end(): void {
    this.#guarded(() => {
      this.#inflater?.end();
      this.#parser.end();
    });
    this.#ended = true;
  }

  #guarded(act: () => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      act();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error('reading failed', { cause: error });
      throw this.#failure;
    }
  }
}

/** Bytes of one entry of the Extended Offset Table. */
const extendedOffsetBytes = 8;
