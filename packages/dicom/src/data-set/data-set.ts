import { dependsOnPixelRepresentation, implicitVR } from '../dictionary/implicit-vr.ts';
import { isPrivate, Tag, tagHex } from '../dictionary/tag.ts';
import type { VR } from '../dictionary/vr.ts';
import type { DataElement } from './data-element.ts';
import { decodeNumbers, decodeStrings } from './decode-value.ts';
import { encodeValue } from './encode-value.ts';

/** What an element can be set to. Numbers and strings are encoded as the VR demands, bytes are taken as they are. */
export type SettableValue =
  string | number | bigint | readonly (string | number | bigint)[] | Uint8Array | readonly DataSet[];

export interface DataSetOptions {
  /** Byte order of binary values, true if absent. */
  readonly littleEndian?: boolean;
  /** The data set this is an item of. */
  readonly parent?: DataSet | undefined;
  /** Whether a delimitation item ended it, for items that were read. */
  readonly undefinedLength?: boolean;
}

/** Specific Character Set when the attribute is absent or empty: the default repertoire (PS3.5 6.1.1). */
const defaultCharacterSet: readonly string[] = [''];

// Asked for with every text.
const specificCharacterSetTag = Tag.SpecificCharacterSet;

/**
 * A data set, or an item of a sequence: data elements in ascending order of tags (PS3.5 section 7). Accessors decode
 * when asked; what they return is the Standard's value, without padding.
 */
export class DataSet {
  readonly littleEndian: boolean;
  readonly undefinedLength: boolean;
  #parent: DataSet | undefined;
  #elements: DataElement[] = [];
  #sorted = true;
  #duplicates: DataElement[] = [];
  /** The last Specific Character Set element that was decoded, and what it said. */
  #characterSetElement: DataElement | undefined;
  #characterSet: readonly string[] = defaultCharacterSet;

  constructor(options: DataSetOptions = {}) {
    this.littleEndian = options.littleEndian ?? true;
    this.undefinedLength = options.undefinedLength ?? false;
    this.#parent = options.parent;
  }

  /** The data set this is an item of. */
  get parent(): DataSet | undefined {
    return this.#parent;
  }

  get size(): number {
    return this.#ascending().length;
  }

  /** Elements that came with a tag already there. The first of a tag counts; PS3.5 7.1 allows no second. */
  get duplicates(): readonly DataElement[] {
    this.#ascending();
    return this.#duplicates;
  }

  /** Elements in ascending order of their tags. */
  [Symbol.iterator](): IterableIterator<DataElement> {
    return this.#ascending()[Symbol.iterator]();
  }

  get(tag: number): DataElement | undefined {
    const elements = this.#ascending();
    const element = elements[lowerBound(elements, tag)];
    return element?.tag === tag ? element : undefined;
  }

  has(tag: number): boolean {
    return this.get(tag) !== undefined;
  }

  /** Values of Specific Character Set (0008,0005), here or in the data set this is an item of (PS3.3 C.12.1.1.2). */
  get specificCharacterSet(): readonly string[] {
    const element = this.get(specificCharacterSetTag);
    if (element === undefined) return this.#parent?.specificCharacterSet ?? defaultCharacterSet;
    if (element !== this.#characterSetElement) {
      this.#characterSetElement = element;
      this.#characterSet = decodeStrings(element.value ?? new Uint8Array(0), 'CS', defaultCharacterSet);
    }
    return this.#characterSet;
  }

  /** The first value, decoded and without padding; undefined when absent, empty or not text. Numbers as decimal text. */
  string(tag: number): string | undefined {
    const first = this.strings(tag)[0];
    return first === '' ? undefined : first;
  }

  /** All values, decoded and without padding. ST, LT, UT and UR have one. Empty when absent or not text. */
  strings(tag: number): string[] {
    const element = this.get(tag);
    const value = element?.value;
    if (element === undefined || value === undefined || value.length === 0) return [];
    const vr = this.meaningOf(element);
    const numbers = decodeNumbers(value, vr, this.orderOf(element));
    if (numbers !== undefined) return numbers.map(vr === 'AT' ? (tag) => tagHex(Number(tag)) : String);
    return decodeStrings(value, vr, this.specificCharacterSet);
  }

  /** The first value as a number: IS, DS, US, SS, UL, SL, FL, FD, SV, UV, AT. Undefined when absent or not a number. */
  number(tag: number): number | undefined {
    const first = this.numbers(tag)[0];
    return first === undefined || Number.isNaN(first) ? undefined : first;
  }

  /** All values as numbers; NaN keeps the place of an IS or DS that is none. 64-bit values may lose precision. */
  numbers(tag: number): number[] {
    const element = this.get(tag);
    const value = element?.value;
    if (element === undefined || value === undefined || value.length === 0) return [];
    const vr = this.meaningOf(element);
    const numbers = decodeNumbers(value, vr, this.orderOf(element));
    if (numbers !== undefined) return numbers.map(Number);
    if (vr !== 'IS' && vr !== 'DS') return [];
    return decodeStrings(value, vr, defaultCharacterSet).map((text) => (text === '' ? NaN : Number(text)));
  }

  /** The value as encoded, padding included: a view. Undefined for sequences, fragments and values passed over. */
  bytes(tag: number): Uint8Array | undefined {
    return this.get(tag)?.value;
  }

  /** Items of a sequence; empty when absent or no sequence. */
  items(tag: number): DataSet[] {
    return this.get(tag)?.items ?? [];
  }

  /**
   * Sets an element, in the byte order and character set of this data set; an odd value is padded.
   * Set Specific Character Set before text: it is not applied afterwards.
   * @param vr the dictionary's if absent
   * @throws ValueError when the value does not fit the VR or the character set, or there is no VR to be had
   */
  set(tag: number, value: SettableValue, vr: VR = this.#dictionaryVR(tag)): void {
    const element = encodeValue(tag, vr, value, this.littleEndian, () => this.specificCharacterSet);
    for (const item of element.items ?? []) item.#parent = this;
    this.put(element);
  }

  /** Puts an element in its place, instead of one with its tag. The element is shared, not copied. */
  put(element: DataElement): void {
    const elements = this.#ascending();
    const at = lowerBound(elements, element.tag);
    const replaced = elements[at]?.tag === element.tag ? 1 : 0;
    elements.splice(at, replaced, element);
  }

  /** Removes an element; whether it was there. */
  delete(tag: number): boolean {
    const elements = this.#ascending();
    const at = lowerBound(elements, tag);
    if (elements[at]?.tag !== tag) return false;
    elements.splice(at, 1);
    return true;
  }

  /** The VR to read an element's value by: for UN, what the dictionary says of a standard element (PS3.5 6.2.2). */
  meaningOf(element: DataElement): VR {
    if (element.vr !== 'UN' || isPrivate(element.tag)) return element.vr;
    return this.#dictionaryVR(element.tag);
  }

  /** Byte order of an element's value: little endian for UN, whatever the syntax (PS3.5 6.2.2). */
  orderOf(element: DataElement): boolean {
    return element.vr === 'UN' || this.littleEndian;
  }

  /** Adds an element as it was read, for parsers. False when its tag is not above those before. */
  append(element: DataElement): boolean {
    const last = this.#elements.at(-1);
    const ascends = last === undefined || last.tag < element.tag;
    if (!ascends) this.#sorted = false;
    this.#elements.push(element);
    return ascends;
  }

  /** The elements in order: sorted once when needed, because sorting at each misplaced element could take forever. */
  #ascending(): DataElement[] {
    if (!this.#sorted) {
      const sorted = this.#elements.sort((a, b) => a.tag - b.tag);
      this.#elements = [];
      for (const element of sorted) {
        const isFirst = this.#elements.at(-1)?.tag !== element.tag;
        (isFirst ? this.#elements : this.#duplicates).push(element);
      }
      this.#sorted = true;
    }
    return this.#elements;
  }

  #dictionaryVR(tag: number): VR {
    return implicitVR(tag, dependsOnPixelRepresentation(tag) && this.#pixelsAreSigned());
  }

  #pixelsAreSigned(): boolean {
    const value = this.number(Tag.PixelRepresentation) ?? this.#parent?.number(Tag.PixelRepresentation);
    return value === 1;
  }
}

/** Index of the first element whose tag is not below `tag`. */
function lowerBound(elements: readonly DataElement[], tag: number): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((elements[middle] as DataElement).tag < tag) low = middle + 1;
    else high = middle;
  }
  return low;
}
