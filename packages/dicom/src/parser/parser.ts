import { DataElement } from '../data-set/data-element.ts';
import { DataSet } from '../data-set/data-set.ts';
import { ITEM, ITEM_DELIMITATION_ITEM, SEQUENCE_DELIMITATION_ITEM, Tag } from '../dictionary/tag.ts';
import {
  headerLengthMax,
  newElementHeader,
  readElementHeader,
  tagAt,
  undefinedLength,
} from './element-header.ts';
import type { Frame } from './frame.ts';
import { ParseError } from './parse-error.ts';
import type { ParseErrorCode } from './parse-error.ts';
import { warningCountMax } from './parse-warning.ts';
import type { ParseWarning, ParseWarningCode } from './parse-warning.ts';
import { elementOverheadBytes, fragmentOverheadBytes, itemOverheadBytes } from './read-limits.ts';
import type { ReadLimits } from './read-limits.ts';
import { ValueKeeper } from './value-keeper.ts';

export interface ParserOptions {
  readonly explicitVR: boolean;
  readonly littleEndian: boolean;
  readonly limits: ReadLimits;
  /** Whether chunks belong to the caller and what is kept must be copied. */
  readonly copies: boolean;
  /** Length of the whole data set where it is known: lengths are then checked before their values come. */
  readonly totalBytes?: number;
  /** Whether a value is to be passed over. */
  readonly passOver: (tag: number, length: number) => boolean;
  /** Whether items of a sequence of the top level are to be kept; otherwise they are checked and let go. All, if not given. */
  readonly keepsItemsOf?: (tag: number) => boolean;
  /** Says at which tag of the top level to stop, before it is read. For whole buffers only. */
  readonly stopBefore?: (tag: number) => boolean;
}

/**
 * The one parser of data sets (PS3.5 section 7), for whole buffers and for streams: chunks are pushed, elements are
 * appended to `dataSet` as they become complete. A stack of frames stands for open sequences and items, so depth
 * costs no call stack; memory is bounded by the limits whatever the lengths claim.
 */
export class Parser {
  readonly dataSet: DataSet;
  readonly warnings: ParseWarning[] = [];
  /** Offset in the data set of the next byte to be read. */
  offset = 0;
  /** Offset of the first Pixel Data element at the top level. */
  pixelDataOffset: number | undefined;
  /** Whether `stopBefore` said so; `offset` is where that element begins. */
  stopped = false;

  readonly #options: ParserOptions;
  readonly #limits: ReadLimits;
  readonly #keeper: ValueKeeper;
  readonly #header = newElementHeader();
  /** Start of an element header that the last chunk cut. */
  readonly #carry = new Uint8Array(headerLengthMax);
  #carried = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #frame: Frame;
  /** Bytes still to pass over, of which element. */
  #skip = 0;
  #skipped: DataElement | undefined;
  #elementCount = 0;
  #itemCount = 0;
  #retainedBytes = 0;

  constructor(options: ParserOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#keeper = new ValueKeeper(options.copies);
    this.dataSet = new DataSet({ littleEndian: options.littleEndian });
    this.#frame = {
      holds: 'elements',
      parent: undefined,
      depth: 0,
      dataSet: this.dataSet,
      element: undefined,
      end: Infinity,
      limit: options.totalBytes ?? Infinity,
      explicitVR: options.explicitVR,
      littleEndian: options.littleEndian,
      kept: true,
      pixelsAreSigned: false,
      lastTag: 0,
    };
  }

  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#keeper.beginChunk(chunk, this.offset + this.#carried);
    while (!this.stopped && this.#step());
    this.#keeper.seal();
    this.#chunk = this.#carry;
  }

  /** Checks that the data end where an element of the top level does. */
  end(): void {
    const pending = this.#keeper.pending ?? this.#skipped;
    if (pending !== undefined) {
      const missing = this.#keeper.pending === undefined ? this.#skip : this.#keeper.missing;
      const declared = pending.length;
      const available = declared - missing;
      throw new ParseError('DATA_CUT_SHORT', {
        tag: pending.tag,
        offset: pending.offset,
        declared,
        available,
      });
    }
    if (this.#carried > 0) throw this.#error('DATA_CUT_SHORT');
    this.#closeEnded();
    const open = this.#frame.element;
    if (open !== undefined) throw this.#error('DATA_CUT_SHORT', { tag: open.tag });
  }

  /** Does the next thing there is to do; false when it needs more bytes. */
  #step(): boolean {
    const available = this.#chunk.length - this.#at;
    if (this.#skip > 0) return this.#passOver(available);
    if (this.#keeper.pending !== undefined) return this.#fill();
    if (this.offset >= this.#frame.end) this.#closeEnded();
    if (available === 0 || this.#stops()) return false;
    const headerLength = this.#carried > 0 ? this.#readCarriedHeader() : this.#readHeader(available);
    if (headerLength === 0) return false;
    switch (this.#frame.holds) {
      case 'elements':
        return this.#beginElement(headerLength);
      case 'items':
        return this.#beginItem(headerLength);
      case 'fragments':
        return this.#beginFragment(headerLength);
    }
  }

  /** Looks at the tag alone: what follows may be in another syntax. */
  #stops(): boolean {
    const { stopBefore } = this.#options;
    if (stopBefore === undefined || this.#frame.parent !== undefined || this.#chunk.length - this.#at < 4)
      return false;
    this.stopped = stopBefore(tagAt(this.#chunk, this.#at, this.#frame.littleEndian));
    return this.stopped;
  }

  #readHeader(available: number): number {
    const chunk = this.#chunk;
    const headerLength = this.#readElementHeader(chunk, this.#at, chunk.length);
    if (headerLength === 0) {
      this.#carry.set(chunk.subarray(this.#at));
      this.#carried = available;
      this.#at = chunk.length;
    } else {
      this.#at += headerLength;
    }
    return headerLength;
  }

  /** A header of which earlier chunks brought the beginning: its rest is copied behind that. */
  #readCarriedHeader(): number {
    const added = Math.min(headerLengthMax - this.#carried, this.#chunk.length - this.#at);
    this.#carry.set(this.#chunk.subarray(this.#at, this.#at + added), this.#carried);
    const headerLength = this.#readElementHeader(this.#carry, 0, this.#carried + added);
    if (headerLength === 0) {
      this.#carried += added;
      this.#at += added;
    } else {
      this.#at += headerLength - this.#carried;
      this.#carried = 0;
    }
    return headerLength;
  }

  /** An error in a header is one at the place in the data set where the element begins. */
  #readElementHeader(bytes: Uint8Array, at: number, end: number): number {
    try {
      return readElementHeader(bytes, at, end, this.#frame, this.#header);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      throw this.#error(error.code, { tag: this.#header.tag });
    }
  }

  #beginElement(headerLength: number): boolean {
    const { tag, length } = this.#header;
    const frame = this.#frame;
    const start = this.offset;
    if (frame.parent === undefined && isPixelData(tag)) this.pixelDataOffset ??= start;
    if (start + headerLength > frame.limit) throw this.#error('LENGTH_EXCEEDS_CONTAINER', { tag });
    if (tag >>> 16 === delimitationGroup) return this.#endItem(tag, headerLength);
    if (++this.#elementCount > this.#limits.elementCountMax)
      throw this.#tooMany('TOO_MANY_ELEMENTS', 'elementCountMax');
    if (frame.kept) this.#retain(elementOverheadBytes);
    if (this.#header.vrUnknown) this.#warn('VR_UNKNOWN', tag, start);
    this.offset = start + headerLength;
    if (length === undefinedLength) return this.#beginUndefinedLength(headerLength);
    this.#checkLength(tag, length);
    const element = new DataElement(tag, this.#header.vr, this.offset, length, headerLength, false);
    if ((length & 1) === 1) this.#warn('LENGTH_ODD', tag, start);
    this.#append(element, start);
    if (element.vr === 'SQ') return this.#beginSequence(element, this.offset + length, frame.explicitVR);
    this.#beginValue(element, !frame.kept || this.#options.passOver(tag, length));
    return true;
  }

  /** Puts an element where it belongs, if that is kept. */
  #append(element: DataElement, start: number): void {
    const frame = this.#frame;
    const ascends = frame.kept ? frame.dataSet.append(element) : frame.lastTag < element.tag;
    frame.lastTag = element.tag;
    if (!ascends) this.#warn('ELEMENT_OUT_OF_ORDER', element.tag, start);
  }

  #checkLength(tag: number, length: number): void {
    const { limit } = this.#frame;
    if (length > this.#limits.valueLengthMaxBytes) {
      throw this.#error('VALUE_TOO_LONG', {
        tag,
        declared: length,
        available: this.#limits.valueLengthMaxBytes,
      });
    }
    if (this.offset + length > limit) {
      const code = limit === this.#options.totalBytes ? 'DATA_CUT_SHORT' : 'LENGTH_EXCEEDS_CONTAINER';
      throw this.#error(code, { tag, declared: length, available: limit - this.offset });
    }
  }

  /** Keeps or passes over a value of known length. */
  #beginValue(element: DataElement, passOver: boolean): void {
    const { length } = element;
    const available = this.#chunk.length - this.#at;
    if (passOver) {
      element.passedOver = true;
      this.#keeper.seal();
      this.#skip = length;
      this.#skipped = length > 0 ? element : undefined;
    } else {
      if (this.#options.copies) this.#retain(length);
      if (length > available) {
        this.#keeper.begin(element, this.#at, length);
        this.#advance(available);
      } else {
        this.#keeper.keep(element, this.#at, length);
        this.#advance(length);
        this.#complete(element);
      }
    }
  }

  #passOver(available: number): boolean {
    const taken = Math.min(this.#skip, available);
    this.#advance(taken);
    this.#skip -= taken;
    if (this.#skip > 0) return false;
    this.#skipped = undefined;
    return true;
  }

  #fill(): boolean {
    const taken = this.#keeper.fill(this.#chunk, this.#at);
    this.#advance(taken);
    if (this.#keeper.missing > 0) return false;
    const element = this.#keeper.finish();
    if (element !== undefined) this.#complete(element);
    return true;
  }

  /** A value is there: the one that later VRs depend on is looked at. */
  #complete(element: DataElement): void {
    if (element.tag === pixelRepresentation) {
      const value = element.value;
      this.#frame.pixelsAreSigned = ((value?.[0] ?? 0) | (value?.[1] ?? 0)) === 1;
    }
  }

  /** Undefined length: a sequence (PS3.5 7.5), one of unknown VR (6.2.2), or fragments (A.4). */
  #beginUndefinedLength(headerLength: number): boolean {
    const { tag, vr } = this.#header;
    const element = new DataElement(tag, vr, this.offset, 0, headerLength, true);
    this.#append(element, this.offset - headerLength);
    if (isPixelData(tag) || vr === 'OB' || vr === 'OW') return this.#beginFragments(element);
    if (vr === 'SQ') return this.#beginSequence(element, Infinity, this.#frame.explicitVR);
    if (vr === 'UN') return this.#beginSequence(element, Infinity, false);
    throw this.#error('UNDEFINED_LENGTH_NOT_ALLOWED', { tag });
  }

  #beginSequence(element: DataElement, end: number, explicitVR: boolean): boolean {
    element.items = [];
    const frame = this.#frame;
    if (frame.depth >= this.#limits.nestingDepthMax) {
      const available = this.#limits.nestingDepthMax;
      throw this.#error('NESTING_TOO_DEEP', { tag: element.tag, available });
    }
    // An unknown VR's items are little endian whatever the syntax (PS3.5 6.2.2 note 4).
    const littleEndian = frame.littleEndian || element.vr === 'UN';
    const limit = Math.min(end, frame.limit);
    const depth = frame.depth + 1;
    const kept = frame.kept && (frame.parent !== undefined || this.#keepsItemsOf(element.tag));
    this.#frame = {
      ...frame,
      holds: 'items',
      parent: frame,
      depth,
      element,
      end,
      limit,
      explicitVR,
      littleEndian,
      kept,
    };
    return true;
  }

  #keepsItemsOf(tag: number): boolean {
    return this.#options.keepsItemsOf?.(tag) ?? true;
  }

  #beginItem(headerLength: number): boolean {
    const { tag, length } = this.#header;
    const frame = this.#frame;
    const start = this.offset;
    if (start + headerLength > frame.limit) throw this.#error('LENGTH_EXCEEDS_CONTAINER', { tag });
    this.offset = start + headerLength;
    if (tag === SEQUENCE_DELIMITATION_ITEM && frame.end === Infinity) {
      if (length !== 0) this.#warn('DELIMITER_MISPLACED', tag, start);
      this.#close();
      return true;
    }
    if (tag !== ITEM) throw new ParseError('UNEXPECTED_TAG', { tag, offset: start });
    if (++this.#itemCount > this.#limits.itemCountMax) throw this.#tooMany('TOO_MANY_ITEMS', 'itemCountMax');
    const hasUndefinedLength = length === undefinedLength;
    if (!hasUndefinedLength) this.#checkLength(tag, length);
    const dataSet = frame.kept ? this.#newItem(frame, hasUndefinedLength) : frame.dataSet;
    const end = hasUndefinedLength ? Infinity : this.offset + length;
    const limit = Math.min(end, frame.limit);
    this.#frame = { ...frame, holds: 'elements', parent: frame, dataSet, end, limit, lastTag: 0 };
    return true;
  }

  /** An item to keep. */
  #newItem({ littleEndian, parent, element }: Frame, undefinedLength: boolean): DataSet {
    this.#retain(itemOverheadBytes);
    const dataSet = new DataSet({ littleEndian, parent: parent?.dataSet, undefinedLength });
    element?.items?.push(dataSet);
    return dataSet;
  }

  #endItem(tag: number, headerLength: number): boolean {
    const start = this.offset;
    const { parent, end } = this.#frame;
    const endsItem = tag === ITEM_DELIMITATION_ITEM && parent !== undefined && end === Infinity;
    // Some writers put a second delimiter behind encapsulated Pixel Data; it holds nothing and hides nothing.
    const isStray = parent === undefined && tag !== ITEM && this.#header.length === 0;
    if (!endsItem && !isStray) throw new ParseError('UNEXPECTED_TAG', { tag, offset: start });
    if (isStray || this.#header.length !== 0) this.#warn('DELIMITER_MISPLACED', tag, start);
    this.offset = start + headerLength;
    if (endsItem) this.#frame = parent;
    return true;
  }

  /** Fragments can be kept only as views of a whole data set; a stream passes them over. */
  #beginFragments(element: DataElement): boolean {
    element.fragments = [];
    element.passedOver = this.#options.copies || this.#options.passOver(element.tag, undefinedLength);
    if (!element.passedOver) this.#keeper.share(element);
    const frame = this.#frame;
    this.#frame = { ...frame, holds: 'fragments', parent: frame, element, end: Infinity };
    return true;
  }

  /** An item of an encapsulated value (PS3.5 A.4): the Basic Offset Table, a fragment, or the end. */
  #beginFragment(headerLength: number): boolean {
    const { tag, length } = this.#header;
    const { element, limit } = this.#frame;
    const start = this.offset;
    if (start + headerLength > limit) throw this.#error('LENGTH_EXCEEDS_CONTAINER', { tag });
    this.offset = start + headerLength;
    if (tag === SEQUENCE_DELIMITATION_ITEM) {
      this.#close();
      return true;
    }
    if (tag !== ITEM || length === undefinedLength || element?.fragments === undefined) {
      throw new ParseError('UNEXPECTED_TAG', { tag, offset: start });
    }
    this.#checkLength(tag, length);
    const item = new DataElement(ITEM, 'OB', this.offset, length, headerLength, false);
    if (element.basicOffsetTable === undefined) {
      element.basicOffsetTable = item;
      this.#beginValue(item, length > this.#limits.fragmentCountMax * basicOffsetBytes);
    } else {
      if (element.fragments.length >= this.#limits.fragmentCountMax) {
        throw this.#tooMany('TOO_MANY_FRAGMENTS', 'fragmentCountMax');
      }
      this.#retain(fragmentOverheadBytes);
      if ((length & 1) === 1) this.#warn('LENGTH_ODD', element.tag, start);
      element.fragments.push({ offset: this.offset, length });
      this.#beginValue(item, true);
    }
    return true;
  }

  /** Closes the sequence or encapsulated value whose delimitation item was read or whose length is used up. */
  #close(): void {
    const { element, parent } = this.#frame;
    if (element !== undefined) element.length = this.offset - element.offset;
    if (parent !== undefined) this.#frame = parent;
  }

  /** Closes all frames of defined length that end here. */
  #closeEnded(): void {
    while (this.offset >= this.#frame.end) {
      if (this.#frame.holds === 'items') this.#close();
      else if (this.#frame.parent !== undefined) this.#frame = this.#frame.parent;
    }
  }

  #advance(count: number): void {
    this.#at += count;
    this.offset += count;
  }

  #retain(bytes: number): void {
    this.#retainedBytes += bytes;
    if (this.#retainedBytes > this.#limits.retainedMaxBytes)
      throw this.#tooMany('RETAINED_TOO_LARGE', 'retainedMaxBytes');
  }

  #warn(code: ParseWarningCode, tag: number, offset: number): void {
    if (this.warnings.length < warningCountMax) this.warnings.push({ code, tag, offset });
  }

  #error(
    code: ParseErrorCode,
    facts: { tag?: number; declared?: number; available?: number } = {},
  ): ParseError {
    return new ParseError(code, { offset: this.offset, ...facts });
  }

  #tooMany(code: ParseErrorCode, limit: keyof ReadLimits): ParseError {
    return new ParseError(code, { offset: this.offset, available: this.#limits[limit] });
  }
}

/** Group of items and delimitation items (PS3.5 7.5). */
const delimitationGroup = 0xfffe;

/** Bytes of one entry of the Basic Offset Table (PS3.5 A.4). */
const basicOffsetBytes = 4;

/** Pixel Data, Float Pixel Data, Double Float Pixel Data (PS3.3 C.7.6.24). */
export function isPixelData(tag: number): boolean {
  return (
    tag >= floatPixelData && (tag === pixelData || tag === floatPixelData || tag === doubleFloatPixelData)
  );
}

// Looked at for every element: a lookup in the large Tag object would cost more than the rest of the element.
const floatPixelData = Tag.FloatPixelData;
const doubleFloatPixelData = Tag.DoubleFloatPixelData;
const pixelData = Tag.PixelData;
const pixelRepresentation = Tag.PixelRepresentation;
