import { characterSetTerms } from '../generated/character-sets.js';

/** An escape sequence that designates a code element to G0 or G1 (PS3.3 C.12.1.1.2, ISO/IEC 2022). */
export interface EscapeSequence {
  readonly bytes: readonly number[];
  readonly length: number;
  readonly half: 'G0' | 'G1';
  readonly codeElement: string;
}

const sequences: readonly EscapeSequence[] = collect();

function collect(): EscapeSequence[] {
  const found = new Map<string, EscapeSequence>();
  const add = (
    bytes: readonly number[] | undefined,
    half: 'G0' | 'G1',
    codeElement: string | undefined,
  ): void => {
    if (bytes === undefined || codeElement === undefined) return;
    found.set(bytes.join(), { bytes, length: bytes.length, half, codeElement });
  };
  for (const term of characterSetTerms) {
    add(term.escapeG0, 'G0', term.g0);
    add(term.escapeG1, 'G1', term.g1);
  }
  // Longest first: 1B 24 28 44 must not be taken for something shorter.
  return [...found.values()].sort((a, b) => b.length - a.length);
}

/** The escape sequence that begins at an index; undefined when what stands there is none the Standard uses. */
export function escapeAt(bytes: Uint8Array, at: number): EscapeSequence | undefined {
  return sequences.find((sequence) => sequence.bytes.every((byte, index) => bytes[at + index] === byte));
}
