import { decodeText, isPrivate, isPrivateCreator, Tag, vrInfo } from '@leadglass/dicom';
import type { DataElement, DataSet, VR } from '@leadglass/dicom';
import type { FileVisitor } from './file-check.ts';
import { prefixMaxBytes, textMaxBytes, textTotalMaxBytes } from './limits.ts';

/** Goes through all elements at all depths once, for all visitors together. */
export class ElementWalk {
  readonly #visitors: readonly FileVisitor[];
  readonly #prefixes: ReadonlyMap<DataElement, Uint8Array>;
  #textLeftBytes = textTotalMaxBytes;

  /** @param prefixes first bytes of values that were not kept */
  constructor(visitors: readonly FileVisitor[], prefixes: ReadonlyMap<DataElement, Uint8Array>) {
    this.#visitors = visitors;
    this.#prefixes = prefixes;
  }

  walk(dataSet: DataSet, depth = 0): void {
    for (const element of dataSet) this.#element(dataSet, element, depth);
    // A second element of a tag is what another reader may take: it counts too.
    for (const element of dataSet.duplicates) this.#element(dataSet, element, depth);
  }

  #element(dataSet: DataSet, element: DataElement, depth: number): void {
    if (element.items !== undefined) {
      for (const item of element.items) this.walk(item, depth + 1);
      return;
    }
    const bytes = element.value ?? this.#prefixes.get(element);
    if (bytes === undefined || bytes.length === 0 || element.tag === Tag.EncapsulatedDocument) return;
    const vr = dataSet.meaningOf(element);
    const { kind } = vrInfo(vr);
    const isText = (kind === 'string' && !isNumbers(bytes, vr)) || (vr === 'UN' && isPrintable(bytes));
    if (isText) this.#text(dataSet, element, bytes, vr, depth);
    if (kind === 'bulk' || (kind === 'string' && isPrivate(element.tag))) {
      this.#value(dataSet, element, bytes, vr);
    }
  }

  #text(dataSet: DataSet, element: DataElement, bytes: Uint8Array, vr: VR, depth: number): void {
    const searched = bytes.subarray(0, Math.min(textMaxBytes, this.#textLeftBytes));
    if (searched.length === 0) return;
    this.#textLeftBytes -= searched.length;
    const { tag } = element;
    // Private text of unknown VR is in the data set's character set more often than in the default one.
    const text = decodeText(searched, dataSet.specificCharacterSet, vr === 'UN' ? 'LT' : vr);
    const found = { tag, vr, text: withoutPadding(text), isPrivate: isPrivate(tag), depth };
    if (found.text === '') return;
    for (const visitor of this.#visitors) visitor.text?.(found);
  }

  #value(dataSet: DataSet, element: DataElement, bytes: Uint8Array, vr: VR): void {
    const { tag } = element;
    const value = {
      tag,
      vr,
      prefix: bytes.subarray(0, prefixMaxBytes),
      lengthBytes: element.length,
      isPrivate: isPrivate(tag),
      privateCreator: privateCreatorOf(dataSet, tag),
    };
    for (const visitor of this.#visitors) visitor.value?.(value);
  }
}

/** The private creator of an element's block (PS3.5 7.8.1). */
function privateCreatorOf(dataSet: DataSet, tag: number): string {
  if (!isPrivate(tag) || isPrivateCreator(tag)) return '';
  const group = Math.floor(tag / 0x10000);
  const block = (tag >>> 8) & 0xff;
  return dataSet.string(group * 0x10000 + block) ?? '';
}

/** DS and IS that hold what they should (PS3.5 Table 6.2-1): contours have megabytes of it, and it says nothing. */
function isNumbers(bytes: Uint8Array, vr: VR): boolean {
  if (vr !== 'DS' && vr !== 'IS') return false;
  return bytes.every((byte) => numberSigns[byte] === 1);
}

const numberSigns = new Uint8Array(256);
for (const byte of Buffer.from('0123456789+-.eE\\ \0')) numberSigns[byte] = 1;

/** Text that nobody declared as such: no control characters but those of lines, looked for in the beginning. */
function isPrintable(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 256);
  return sample.every(
    (byte, index) =>
      byte >= 0x20 ||
      byte === 0x09 ||
      byte === 0x0a ||
      byte === 0x0d ||
      byte === 0x1b ||
      (byte === 0 && index === bytes.length - 1),
  );
}

/** Spaces and zeros at the end mean nothing (PS3.5 6.2). */
function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\0')) end--;
  return end === text.length ? text : text.slice(0, end);
}
