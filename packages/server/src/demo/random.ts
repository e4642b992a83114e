import { createHash } from 'node:crypto';
import { generateUID } from '@leadglass/dicom';

/** Numbers in [0, 1) that the seed decides: mulberry32, which passes for chance in pictures and nowhere else. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A UID under 2.25 (PS3.5 B.2) that the seed and the name decide. */
export function seededUID(seed: number, name: string): string {
  return generateUID(createHash('sha256').update(`leadglass demo ${seed} ${name}`).digest().subarray(0, 16));
}

/** Length of most UIDs under 2.25: a UUID of 39 decimal digits. */
const LONGEST_UUID_UID = 44;

/** The same, always 44 characters long, so that it can be written over another. */
export function seededLongUID(seed: number, name: string): string {
  for (let attempt = 0; ; attempt++) {
    const uid = seededUID(seed, `${name} ${attempt}`);
    if (uid.length === LONGEST_UUID_UID) return uid;
  }
}
