import { DataSetReader, isPrivate, ParseError, Tag } from '@leadglass/dicom';
import type { DataElement, DataSet, TransferSyntax } from '@leadglass/dicom';
import type { ByteFeed } from './byte-feed.ts';
import { DocumentScanner } from './document-scanner.ts';
import type { DocumentFacts, PixelFacts, ReadFailure } from './file-check.ts';
import {
  chunkAfterSkipBytes,
  chunkBytes,
  prefixCountMax,
  prefixMaxBytes,
  retainedMaxBytes,
} from './limits.ts';

/** What one pass over a data set gave. */
export interface ScannedDataSet {
  readonly dataSet: DataSet;
  readonly failure: ReadFailure | undefined;
  /** First bytes of values that were too long to keep. */
  readonly prefixes: ReadonlyMap<DataElement, Uint8Array>;
  readonly pixels: PixelFacts | undefined;
  readonly document: DocumentFacts | undefined;
  readonly trailing: Uint8Array | undefined;
}

/** A value that is passed over at the moment: where in the data set it ends, and what is wanted of it. */
interface OpenValue {
  readonly element: DataElement;
  readonly endBytes: number;
  /** Undefined for pixels and for fragments: nothing of them is looked at. */
  readonly take: ((piece: Uint8Array) => void) | undefined;
  /** Whether `take` wants more than it had. */
  readonly wantsMore: () => boolean;
}

/**
 * Reads a data set forwards, once, in bounded memory: the parser keeps short values; of long ones the beginning is
 * kept, encapsulated documents are scanned as they pass, Pixel Data is skipped over where the feed can seek.
 */
export class DataSetScan {
  readonly #reader: DataSetReader;
  readonly #feed: ByteFeed;
  readonly #prefixes = new Map<DataElement, Uint8Array>();
  #document: DocumentScanner | undefined;
  /** Offset in the data set of the next byte. */
  #at = 0;
  #left: number;
  #open: OpenValue | undefined;
  #lastChunk: Uint8Array = new Uint8Array(0);
  #lastChunkAt = 0;
  #stoppedAtPixels = false;

  /** @param leftBytes bytes of the data set, to the end of the file */
  constructor(feed: ByteFeed, syntax: TransferSyntax, leftBytes: number) {
    this.#feed = feed;
    this.#left = leftBytes;
    this.#reader = new DataSetReader(syntax, {
      retainValueMaxBytes: chunkBytes,
      limits: { retainedMaxBytes },
    });
  }

  /** @param first bytes of the data set that were read already */
  async run(first: Uint8Array): Promise<ScannedDataSet> {
    let failure: ParseError | undefined;
    try {
      for (let at = 0; at < first.length; at += chunkBytes) this.#push(first.subarray(at, at + chunkBytes));
      await this.#readOn();
      if (!this.#stoppedAtPixels) this.#reader.end();
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      failure = error;
    }
    return this.#result(failure);
  }

  async #readOn(): Promise<void> {
    let wanted = chunkBytes;
    for (;;) {
      wanted = (await this.#skip()) ? chunkAfterSkipBytes : chunkBytes;
      if (this.#stoppedAtPixels) return;
      const chunk = await this.#feed.read(wanted);
      if (chunk.length === 0) return;
      this.#push(chunk);
    }
  }

  #push(chunk: Uint8Array): void {
    const start = this.#at;
    this.#lastChunk = chunk;
    this.#lastChunkAt = start;
    if (this.#open !== undefined) this.#take(this.#open, chunk, start);
    this.#at += chunk.length;
    this.#left -= chunk.length;
    this.#reader.push(chunk);
    const open = this.#findOpen();
    if (open === undefined || open.element !== this.#open?.element || open.endBytes !== this.#open.endBytes) {
      this.#open = open;
      if (open !== undefined) this.#take(open, chunk, start);
    }
  }

  /** Hands on what a chunk holds of a value that is passed over. */
  #take(open: OpenValue, chunk: Uint8Array, chunkAt: number): void {
    const from = Math.max(0, open.element.offset - chunkAt);
    const to = Math.min(chunk.length, open.endBytes - chunkAt);
    if (to > from) open.take?.(chunk.subarray(from, to));
  }

  /** Skips the rest of an open value of which nothing more is wanted; whether it did. */
  async #skip(): Promise<boolean> {
    const open = this.#open;
    if (open === undefined || open.wantsMore()) return false;
    if (!this.#feed.seeks) {
      // Inflating or fetching a whole image to see whether something hides behind it would cost too much.
      this.#stoppedAtPixels = this.#reader.pixelDataOffset !== undefined;
      return false;
    }
    const count = Math.min(open.endBytes - this.#at, this.#left);
    if (count <= chunkAfterSkipBytes) return false;
    await this.#feed.skip(count);
    this.#at += count;
    this.#left -= count;
    // The parser only counts what it passes over.
    for (let left = count; left > 0; left -= zeros.length) {
      this.#reader.push(left < zeros.length ? zeros.subarray(0, left) : zeros);
    }
    return true;
  }

  /** The value the parser is in the middle of and does not keep. Being longer than a chunk, it begins in the last. */
  #findOpen(): OpenValue | undefined {
    const outOfOrder = this.#reader.warnings.some((warning) => warning.code === 'ELEMENT_OUT_OF_ORDER');
    const { dataSet } = this.#reader;
    const element = outOfOrder ? searchOpen(dataSet, this.#at) : lastOpen(dataSet, this.#at);
    return element === undefined ? undefined : this.#openValue(element);
  }

  #openValue(element: DataElement): OpenValue {
    const endBytes = endOf(element);
    if (element.tag === Tag.EncapsulatedDocument && element.fragments === undefined) {
      const scanner = (this.#document ??= new DocumentScanner());
      return {
        element,
        endBytes,
        take: (piece) => {
          scanner.push(piece);
        },
        wantsMore: () => true,
      };
    }
    if (element.fragments !== undefined || !this.#wantsPrefix(element)) {
      return { element, endBytes, take: undefined, wantsMore: () => false };
    }
    const prefixLength = Math.min(prefixMaxBytes, element.length);
    return {
      element,
      endBytes,
      take: (piece) => {
        const before = this.#prefixes.get(element) ?? new Uint8Array(0);
        if (before.length >= prefixLength) return;
        const more = piece.subarray(0, prefixLength - before.length);
        this.#prefixes.set(element, new Uint8Array(Buffer.concat([before, more])));
      },
      wantsMore: () => (this.#prefixes.get(element)?.length ?? 0) < prefixLength,
    };
  }

  #wantsPrefix(element: DataElement): boolean {
    if (isPixels(element.tag)) return false;
    return this.#prefixes.size < prefixCountMax || this.#prefixes.has(element);
  }

  #result(failure: ParseError | undefined): ScannedDataSet {
    const { dataSet } = this.#reader;
    const pixels = pixelsOf(dataSet, this.#at, failure === undefined && !this.#stoppedAtPixels);
    const pixelEnd = pixelEndOf(dataSet);
    const isBehindPixels =
      failure?.offset !== undefined && pixelEnd !== undefined && failure.offset >= pixelEnd;
    const trailing = isBehindPixels ? this.#trailingFrom(failure?.offset ?? 0) : undefined;
    return {
      dataSet,
      failure:
        failure === undefined || isBehindPixels
          ? undefined
          : { code: failure.code, declared: failure.declared, available: failure.available },
      prefixes: this.#prefixes,
      pixels,
      document: this.#document?.end(),
      trailing,
    };
  }

  /** What stands behind the pixels and is no element; undefined when it is only zeros, as some writers pad with. */
  #trailingFrom(offset: number): Uint8Array | undefined {
    // A failure may lie some header before the chunk: a carried-over header was read in pieces.
    const from = Math.max(0, offset - this.#lastChunkAt);
    const bytes = this.#lastChunk.subarray(from, from + prefixMaxBytes);
    return bytes.every((byte) => byte === 0) ? undefined : new Uint8Array(bytes);
  }
}

/** Pushed where bytes are skipped. */
const zeros = new Uint8Array(1024 * 1024);

function endOf(element: DataElement): number {
  const fragment = element.fragments?.at(-1);
  return fragment === undefined
    ? element.offset + (element.fragments === undefined ? element.length : 0)
    : fragment.offset + fragment.length;
}

function isOpen(element: DataElement, at: number): boolean {
  return element.passedOver && element.items === undefined && endOf(element) > at;
}

/** Follows the last element of the last item down to where the parser stands. */
function lastOpen(dataSet: DataSet, at: number): DataElement | undefined {
  let set: DataSet | undefined = dataSet;
  while (set !== undefined) {
    let last: DataElement | undefined;
    for (const element of set) last = element;
    if (last === undefined) return undefined;
    if (last.items === undefined) return isOpen(last, at) ? last : undefined;
    set = last.items.at(-1);
  }
  return undefined;
}

/** The same when elements do not ascend: the last one read may be anywhere. */
function searchOpen(dataSet: DataSet, at: number): DataElement | undefined {
  for (const elements of [dataSet, dataSet.duplicates]) {
    for (const element of elements) {
      if (isOpen(element, at)) return element;
      const item = element.items?.at(-1);
      const inside = item === undefined ? undefined : searchOpen(item, at);
      if (inside !== undefined) return inside;
    }
  }
  return undefined;
}

const pixelTags: readonly number[] = [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData];

function isPixels(tag: number): boolean {
  return !isPrivate(tag) && pixelTags.includes(tag);
}

function pixelElement(dataSet: DataSet): DataElement | undefined {
  for (const tag of pixelTags) {
    const element = dataSet.get(tag);
    if (element !== undefined) return element;
  }
  return undefined;
}

/** Where the pixels end, when they were read to their end. */
function pixelEndOf(dataSet: DataSet): number | undefined {
  const element = pixelElement(dataSet);
  if (element === undefined) return undefined;
  // Fragments get their length when their delimitation item was read.
  if (element.fragments !== undefined && element.length === 0) return undefined;
  return element.offset + element.length;
}

function pixelsOf(dataSet: DataSet, atBytes: number, ended: boolean): PixelFacts | undefined {
  const element = pixelElement(dataSet);
  if (element === undefined) return undefined;
  const { fragments } = element;
  if (fragments === undefined) {
    const end = element.offset + element.length;
    const missing = Math.max(0, end - atBytes);
    return {
      encapsulated: false,
      // A feed that cannot seek is left before the end: what the header says is believed then.
      storedBytes: ended ? element.length : element.length - missing,
      fragmentCount: 0,
      isWhole: ended || missing === 0,
    };
  }
  let storedBytes = 0;
  for (const fragment of fragments) storedBytes += fragment.length;
  return { encapsulated: true, storedBytes, fragmentCount: fragments.length, isWhole: element.length > 0 };
}
