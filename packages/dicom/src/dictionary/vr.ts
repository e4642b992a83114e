import { vrTable } from '../generated/value-representations.js';
import type { VR, VRInfo } from '../generated/value-representations.js';

export type { VR, VRInfo };

const byName: ReadonlyMap<string, VRInfo> = new Map(vrTable.map((info) => [info.vr, info]));

const letterA = 0x41;
const letters = 26;

/** Index of a pair of capital letters: the shape of every VR, known or not. */
const byLetters: readonly (VRInfo | undefined)[] = Array.from({ length: letters * letters }, (_, index) =>
  byName.get(String.fromCharCode(letterA + Math.floor(index / letters), letterA + (index % letters))),
);

/** Properties of a VR (PS3.5 Table 6.2-1 and section 7.1.2). */
export function vrInfo(vr: VR): VRInfo {
  const info = byName.get(vr);
  if (info === undefined) throw new RangeError('not a VR of PS3.5 Table 6.2-1');
  return info;
}

/** Whether a string is one of the VRs of PS3.5 Table 6.2-1. */
export function isVR(text: string): text is VR {
  return byName.has(text);
}

/**
 * The VR that two bytes of an Explicit VR element name: its properties, 'future' for two capital letters
 * this edition does not know, 'none' for bytes that are no VR at all.
 */
export function vrOfBytes(first: number, second: number): VRInfo | 'future' | 'none' {
  const high = first - letterA;
  const low = second - letterA;
  if (high < 0 || high >= letters || low < 0 || low >= letters) return 'none';
  return byLetters[high * letters + low] ?? 'future';
}
