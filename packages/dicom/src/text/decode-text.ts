import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';
import { characterSet } from './character-set.ts';
import type { CharacterSet } from './character-set.ts';
import { codeElement } from './code-element.ts';
import type { CodeElement } from './code-element.ts';
import { BACKSLASH, ESC, resetDelimiters } from './delimiters.ts';
import { escapeAt } from './escape-sequences.ts';

const replacement = '\ufffd';

/**
 * Text of a value (PS3.5 6.1), backslashes between values included. VRs that Specific Character Set does not touch are
 * read as the default repertoire. Never throws: bytes without a meaning become U+FFFD.
 */
export function decodeText(bytes: Uint8Array, specificCharacterSet: readonly string[], vr: VR): string {
  if (bytes.length > textMaxBytes) return replacement;
  const set = vrInfo(vr).usesSpecificCharacterSet ? characterSet(specificCharacterSet) : defaultSet;
  if (set.g0 === 'ISO-IR 6' || set.wholeEncoding !== undefined) {
    const plain = decodePlain(bytes);
    if (plain !== undefined) return plain;
  }
  if (set.wholeEncoding !== undefined) return decoderOf(set.wholeEncoding).decode(bytes);
  return decodeISO2022(bytes, set, vr);
}

/** No text is that long, and no platform has strings much longer: one U+FFFD stands for it. */
const textMaxBytes = 128 * 1024 * 1024;

const defaultSet: CharacterSet = characterSet(['']);

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/** Decoders keep a byte order mark as the character it is: DICOM text has none (PS3.5 6.1.2.3). */
function decoderOf(label: string): InstanceType<typeof TextDecoder> {
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label, { ignoreBOM: true });
    decoders.set(label, decoder);
  }
  return decoder;
}

/** Most values are plain ASCII without escapes, whatever the set; undefined when this one is not. */
function decodePlain(bytes: Uint8Array): string | undefined {
  const { length } = bytes;
  if (length > plainLengthMax) return undefined;
  let all = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === ESC) return undefined;
    all |= byte;
  }
  return all < 0x80 ? fromASCII(bytes) : undefined;
}

/** Eight at a time: a string that grows by single characters is made of as many pieces. */
function fromASCII(bytes: Uint8Array): string {
  const byte = (at: number): number => bytes[at] as number;
  let text = '';
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    text += String.fromCharCode(
      byte(at),
      byte(at + 1),
      byte(at + 2),
      byte(at + 3),
      byte(at + 4),
      byte(at + 5),
      byte(at + 6),
      byte(at + 7),
    );
  }
  for (; at < bytes.length; at++) text += String.fromCharCode(byte(at));
  return text;
}

/** Longer values go to the general decoders, which join characters in larger pieces. */
const plainLengthMax = 256;

/** One pass with G0 and G1 as ISO 2022 has them; escapes designate, delimiters reset (PS3.5 6.1.2.5). */
function decodeISO2022(bytes: Uint8Array, set: CharacterSet, vr: VR): string {
  const delimiters = resetDelimiters(vr);
  const initial = { g0: codeElement(set.g0), g1: initialG1(set) };
  let { g0, g1 } = initial;
  let text = '';
  let pieces: string[] = [];
  for (let at = 0; at < bytes.length;) {
    // A list of all characters of a long text would take ten times the text.
    if (pieces.length >= piecesMax) {
      text += pieces.join('');
      pieces = [];
    }
    const byte = bytes[at] as number;
    if (byte === ESC) {
      const escape = escapeAt(bytes, at);
      if (escape?.half === 'G0') g0 = codeElement(escape.codeElement);
      if (escape?.half === 'G1') g1 = codeElement(escape.codeElement);
      if (escape === undefined) pieces.push(replacement);
      at += escape?.length ?? 1;
    } else if (byte <= 0x20 || (g0.bytesPerCharacter === 1 && delimiters.has(byte))) {
      // Space is the same in every set; delimiters count only while G0 has single bytes.
      if (delimiters.has(byte)) ({ g0, g1 } = initial);
      pieces.push(byte === BACKSLASH ? '\\' : String.fromCharCode(byte));
      at++;
    } else {
      const active = byte < 0x80 ? g0 : g1;
      pieces.push(decodeCharacter(bytes, at, active));
      at += lengthAt(bytes, at, active);
    }
  }
  return text + pieces.join('');
}

/** Characters that are joined at a time. */
const piecesMax = 4096;

/**
 * G1 at the start. Where the first value gives none, but exactly one other does, that one: Korean and Chinese files
 * often designate it once and forget it after the first delimiter.
 */
function initialG1(set: CharacterSet): CodeElement | undefined {
  if (set.g1 !== undefined) return codeElement(set.g1);
  const candidates = new Set(set.terms.flatMap((term) => term.g1 ?? []));
  const [only] = candidates;
  return only !== undefined && candidates.size === 1 ? codeElement(only) : undefined;
}

function decodeCharacter(bytes: Uint8Array, at: number, active: CodeElement | undefined): string {
  const first = (bytes[at] as number) & 0x7f;
  if (active === undefined) return replacement;
  if (active.bytesPerCharacter === 1) return active.decode(first) ?? replacement;
  if (lengthAt(bytes, at, active) === 1) return replacement;
  return active.decode(first * 128 + ((bytes[at + 1] as number) & 0x7f)) ?? replacement;
}

/** A pair needs a second byte of the same half; without one the first stands alone and the next is read for itself. */
function lengthAt(bytes: Uint8Array, at: number, active: CodeElement | undefined): 1 | 2 {
  if (active?.bytesPerCharacter !== 2) return 1;
  const first = bytes[at] as number;
  const second = bytes[at + 1];
  return second !== undefined && second >>> 7 === first >>> 7 && (second & 0x7f) > 0x20 ? 2 : 1;
}
