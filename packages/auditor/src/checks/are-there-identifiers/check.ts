import { isPrivateCreator, Tag } from '@leadglass/dicom';
import type { FileCheck, FileVisitor, Notes, TextElement } from '../../files/file-check.ts';
import { exposingKinds, isStandIn, kindOfTag, pseudonymKinds, vocabulary } from './identifying-attributes.ts';
import type { AttributeKind } from './identifying-attributes.ts';
import { knownValues } from './known-values.ts';
import type { KnownValue } from './known-values.ts';
import { meta } from './meta.ts';

/** What people are called and reached by, in text of any language we know the titles of. */
const freeTextPatterns: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'email', pattern: /[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}/i },
  { kind: 'telephone', pattern: /(?:\+|\b00)\d{1,3}[\s()/-]{0,3}\d{2,4}[\s()/-]{0,3}\d{3}[\d\s-]{0,8}/ },
  { kind: 'telephone', pattern: /\b(?:tel|phone|telefon|fax)\.?\s{0,3}:?\s{0,3}[+(]?\d{2}/i },
  {
    kind: 'title-and-name',
    pattern:
      /\b(?:Mr|Mrs|Ms|Miss|Herr|Frau|Mme|Monsieur|Madame|Sr|Sra|Señora?|Dr|Prof)\.?\s{1,3}\p{Lu}\p{Ll}['\p{L}-]/u,
  },
];

/** P09: identifiers by kind and place. Values are compared in memory and never leave it. */
export const check: FileCheck = {
  meta,
  visit({ dataSet }, notes) {
    if (dataSet === undefined) return undefined;
    const saysRemoved = dataSet.string(Tag.PatientIdentityRemoved)?.toUpperCase() === 'YES';
    return new IdentifierVisitor(notes, saysRemoved, knownValues(dataSet));
  },
};

class IdentifierVisitor implements FileVisitor {
  readonly #notes: Notes;
  readonly #saysRemoved: boolean;
  readonly #known: readonly KnownValue[];
  #exposed = false;

  constructor(notes: Notes, saysRemoved: boolean, known: readonly KnownValue[]) {
    this.#notes = notes;
    this.#saysRemoved = saysRemoved;
    this.#known = known;
  }

  text(element: TextElement): void {
    const { tag, vr, text, isPrivate } = element;
    if (isPrivate) {
      if (isPrivateCreator(tag)) return;
      if (vr === 'PN' && !isStandIn(text)) this.#expose('name-in-private-element');
      else this.#search(text, 'private-element');
      return;
    }
    const kind = kindOf(element);
    if (kind !== undefined) this.#attribute(kind, text);
    else if (isOverlay(tag)) this.#search(text, 'overlay');
    else if (!vocabulary.has(tag)) this.#inText(element);
  }

  value(element: { readonly tag: number; readonly isPrivate: boolean; readonly prefix: Uint8Array }): void {
    const { tag, isPrivate, prefix } = element;
    if (isOverlay(tag)) this.#notes.count('overlay-graphics');
    else if (isCurve(tag)) this.#notes.count('curve');
    else if (isPrivate && this.#known.length > 0) {
      this.#search(
        Buffer.from(prefix.buffer, prefix.byteOffset, prefix.length).toString('latin1'),
        'private-element',
      );
    }
  }

  end(): void {
    if (this.#saysRemoved && this.#exposed) this.#notes.expose('said-to-be-removed');
  }

  #attribute(kind: AttributeKind, text: string): void {
    if (text.trim() === '' || isStandIn(text)) return;
    if (this.#saysRemoved && pseudonymKinds.has(kind)) this.#notes.count('pseudonym');
    else if (exposingKinds.has(kind)) this.#expose(kind);
    else this.#notes.count(kind);
  }

  #inText({ vr, text }: TextElement): void {
    const isFree = vr === 'LT' || vr === 'ST' || vr === 'UT';
    if (!isFree && vr !== 'LO' && vr !== 'SH' && vr !== 'UC' && vr !== 'UN') return;
    if (isFree) this.#notes.count('free-text');
    this.#search(text, 'free-text');
    if (vr === 'SH') return;
    for (const { kind, pattern } of freeTextPatterns)
      if (pattern.test(text)) this.#expose(`${kind}-in-free-text`);
  }

  #search(text: string, place: string): void {
    if (this.#known.length === 0) return;
    const lowerCase = text.toLowerCase();
    for (const known of this.#known) if (known.isIn(lowerCase)) this.#expose(`${known.kind}-in-${place}`);
  }

  #expose(kind: string): void {
    this.#exposed = true;
    this.#notes.expose(kind);
  }
}

function kindOf({ tag, vr }: TextElement): AttributeKind | undefined {
  const kind = kindOfTag.get(tag);
  if (kind !== undefined) return kind;
  if (vr === 'PN') return 'staff-name';
  return vr === 'DA' || vr === 'DT' ? 'date' : undefined;
}

/** Overlay and curve groups 6000-601E and 5000-501E (PS3.5 7.6). */
function isOverlay(tag: number): boolean {
  return tag >= 0x60000000 && tag < 0x60200000;
}

function isCurve(tag: number): boolean {
  return tag >= 0x50000000 && tag < 0x50200000;
}
