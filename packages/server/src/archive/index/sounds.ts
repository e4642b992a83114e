import { SOUNDS_REMEMBERED_MAX } from './limits.ts';
import { wordBreaks } from './name-matching.ts';
import { soundOf } from './name-matching-sound.ts';

/** Sounds are numbered by 20 bits of a hash, row numbers have 32: together they are a whole number in JavaScript. */
const rowNumbers = 2 ** 32;
const soundNumbers = 2 ** 20;

/** The least key of a sound in the table of sounds; those of the patients' rows are added to it. */
export function soundKey(sound: string): number {
  let hash = 0;
  for (let at = 0; at < sound.length; at++) hash = (Math.imul(hash, 31) + sound.charCodeAt(at)) >>> 0;
  return (hash % soundNumbers) * rowNumbers;
}

/** Keys of the table of sounds: one for each patient and each different sound of a word in its name. */
export class SoundKeys {
  /** By component: most components of names are those of other names too. */
  readonly #known = new Map<string, readonly number[]>();

  /** @param groups of a name, folded and none empty */
  of(groups: readonly string[], patientRow: number): Set<number> {
    const keys = new Set<number>();
    this.each(groups, (key) => keys.add(key + patientRow));
    return keys;
  }

  /** Gives the least key of each word's sound, the same one as often as it comes. */
  each(groups: readonly string[], take: (key: number) => void): void {
    for (const group of groups)
      for (const component of group.split('^')) {
        const keys = this.#known.get(component) ?? this.#keysOf(component);
        for (let at = 0; at < keys.length; at++) take(keys[at] as number);
      }
  }

  #keysOf(component: string): readonly number[] {
    const keys = component.split(wordBreaks).flatMap((word) => {
      const sound = soundOf(word);
      return sound === undefined ? [] : [soundKey(sound)];
    });
    if (this.#known.size >= SOUNDS_REMEMBERED_MAX) this.#known.clear();
    this.#known.set(component, keys);
    return keys;
  }
}
