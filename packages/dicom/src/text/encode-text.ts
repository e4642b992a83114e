import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { characterSet } from './character-set.ts';
import type { CharacterSet } from './character-set.ts';
import { codeElement } from './code-element.ts';
import { resetDelimiters } from './delimiters.ts';
import { encodeChinese } from './encode-chinese.ts';

/**
 * Bytes of a text (PS3.5 6.1), without padding; backslashes between values pass as they are. Escape sequences are
 * written where the set has more than one term, and the initial set is active before every delimiter and at the end.
 * @returns undefined when the set cannot hold a character
 */
export function encodeText(
  text: string,
  specificCharacterSet: readonly string[],
  vr: VR,
): Uint8Array | undefined {
  const set = vrInfo(vr).usesSpecificCharacterSet ? characterSet(specificCharacterSet) : defaultSet;
  if (!text.isWellFormed()) return undefined;
  if (set.wholeEncoding === undefined) return encodeISO2022(text, set, vr);
  if (set.wholeEncoding === 'utf-8') return new TextEncoder().encode(text);
  return encodeChinese(text, set.wholeEncoding === 'gb18030');
}

const defaultSet: CharacterSet = characterSet(['']);

/**
 * A set that can hold all texts: the preferred one if it can, else the same with UTF-8, which holds everything.
 * @param preferred values of Specific Character Set
 */
export function characterSetFor(texts: readonly string[], preferred: readonly string[]): readonly string[] {
  const fits = texts.every((text) => encodeText(text, preferred, 'LT') !== undefined);
  return fits ? preferred : ['ISO_IR 192'];
}

interface Designation {
  readonly half: 'g0' | 'g1';
  readonly name: string;
  readonly escape: readonly number[] | undefined;
}

function encodeISO2022(text: string, set: CharacterSet, vr: VR): Uint8Array | undefined {
  const delimiters = resetDelimiters(vr);
  const designations = designationsOf(set);
  const initial = { g0: set.g0, g1: set.g1 };
  let active: { g0: string; g1: string | undefined } = { ...initial };
  const bytes: number[] = [];
  const returnToInitial = (): void => {
    const back = designations.find(({ half, name }) => half === 'g0' && name === initial.g0);
    if (active.g0 !== initial.g0) bytes.push(...(back?.escape ?? asciiEscape));
    active = { ...initial };
  };
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code <= 0x20 || (code < 0x80 && delimiters.has(code))) {
      if (delimiters.has(code)) returnToInitial();
      else if (codeElement(active.g0).bytesPerCharacter === 2) returnToInitial();
      bytes.push(code);
    } else {
      const found = findCode(character, active, designations);
      // YEN SIGN has the code of the backslash in JIS X 0201: between values it would divide them.
      if (found === undefined || (found.half === 'g0' && delimiters.has(found.code))) return undefined;
      if (active[found.half] !== found.name) bytes.push(...(found.escape ?? []));
      active = { ...active, [found.half]: found.name };
      pushCode(bytes, found.code, found.half, codeElement(found.name).bytesPerCharacter);
    }
  }
  returnToInitial();
  return Uint8Array.from(bytes);
}

const asciiEscape: readonly number[] = [0x1b, 0x28, 0x42];

/** Halves the set may designate, in the order of its terms; those of the first value need no escape at the start. */
function designationsOf(set: CharacterSet): Designation[] {
  const withExtensions = set.terms.length > 1 || set.terms[0]?.codeExtensions === true;
  const all: Designation[] = [{ half: 'g0', name: set.g0, escape: undefined }];
  if (set.g1 !== undefined) all.push({ half: 'g1', name: set.g1, escape: undefined });
  if (!withExtensions) return all;
  const extended = set.terms.flatMap((term): Designation[] => [
    ...(term.g0 === undefined || term.escapeG0 === undefined
      ? []
      : [{ half: 'g0' as const, name: term.g0, escape: term.escapeG0 }]),
    ...(term.g1 === undefined || term.escapeG1 === undefined
      ? []
      : [{ half: 'g1' as const, name: term.g1, escape: term.escapeG1 }]),
  ]);
  return [...extended, ...all.filter(({ name }) => !extended.some((other) => other.name === name))];
}

/** Prefers what is active, so that escapes are few; then the order of the terms. */
function findCode(
  character: string,
  active: { readonly g0: string; readonly g1: string | undefined },
  designations: readonly Designation[],
): (Designation & { readonly code: number }) | undefined {
  for (const wantActive of [true, false]) {
    for (const designation of designations) {
      const isActive = active[designation.half] === designation.name;
      // Without an escape only the initial designation can be used, and it is lost once another took its place.
      if (isActive !== wantActive || (!isActive && designation.escape === undefined)) continue;
      const code = codeElement(designation.name).encode(character);
      if (code !== undefined) return { ...designation, code };
    }
  }
  return undefined;
}

function pushCode(bytes: number[], code: number, half: 'g0' | 'g1', bytesPerCharacter: 1 | 2): void {
  const high = half === 'g1' ? 0x80 : 0;
  if (bytesPerCharacter === 2) bytes.push((code >>> 7) | high);
  bytes.push((code & 0x7f) | high);
}
