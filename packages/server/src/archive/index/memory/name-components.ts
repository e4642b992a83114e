import { forTrigrams } from '../matching/fold.ts';
import { COMPONENTS_REMEMBERED_MAX } from '../limits.ts';
import { wordBreaks } from '../matching/name-matching.ts';
import { soundOf } from '../matching/name-matching-sound.ts';
import { hashOf } from '../text-hash.ts';

/** What a component may have: the bits that it is marked with then. */
export type ComponentTest =
  | {
      readonly bit: number;
      /** A text that all which pass contain, as trigrams are made of it: most others are left out by it. */
      readonly contained: string;
      readonly test: (component: string) => boolean;
    }
  | { readonly bit: number; readonly sound: string };

/** Numbers kept of each component: bits of its letters, and 64 of its pairs of letters. */
const SIGNATURE_NUMBERS = 3;
/** Room to begin with, which is doubled. */
const FIRST_COMPONENTS = 1024;

/**
 * The different components of all names, numbered as they came: hundreds of thousands in an archive of a million
 * patients. To look through all of them takes a millisecond or two: of each there are bits of its letters and of its pairs of
 * letters, and a text that contains another has all bits of that.
 */
export class NameComponents {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  #signatures = new Uint32Array(FIRST_COMPONENTS * SIGNATURE_NUMBERS);
  /** A hash of the sound of each word that has one, and the component it is in. */
  #sounds = new Uint32Array(FIRST_COMPONENTS);
  #ofSound = new Uint32Array(FIRST_COMPONENTS);
  #soundCount = 0;

  get size(): number {
    return this.#texts.length;
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  /** The number of a component, given to it if it is new. */
  numberOf(component: string): number {
    const known = this.#numbers.get(component);
    if (known !== undefined) return known;
    const number = this.#texts.push(component) - 1;
    // Those that came before keep their numbers; what comes again gets a second one, and both are looked at.
    if (this.#numbers.size >= COMPONENTS_REMEMBERED_MAX) this.#numbers.clear();
    this.#numbers.set(component, number);
    const at = number * SIGNATURE_NUMBERS;
    if (at >= this.#signatures.length) this.#signatures = doubled(this.#signatures);
    this.#signatures.set(signatureOf(forTrigrams(component)), at);
    for (const word of component.split(wordBreaks)) this.#addSound(soundOf(word), number);
    return number;
  }

  #addSound(sound: string | undefined, component: number): void {
    if (sound === undefined) return;
    if (this.#soundCount === this.#sounds.length) {
      this.#sounds = doubled(this.#sounds);
      this.#ofSound = doubled(this.#ofSound);
    }
    this.#sounds[this.#soundCount] = hashOf(sound);
    this.#ofSound[this.#soundCount] = component;
    this.#soundCount += 1;
  }

  /**
   * Marks components with the bits of the tests that they pass.
   * @param marks one number for each component
   * @param from the first component that is looked at
   */
  mark(marks: Int32Array, tests: readonly ComponentTest[], from: number): void {
    for (const test of tests)
      if ('sound' in test) this.#markSound(marks, test.sound, test.bit, from);
      else this.#markText(marks, test, from);
  }

  #markText(
    marks: Int32Array,
    { bit, contained, test }: Extract<ComponentTest, { contained: string }>,
    from: number,
  ): void {
    const [letters, low, high] = signatureOf(contained);
    const signatures = this.#signatures;
    const texts = this.#texts;
    for (let number = from, at = from * SIGNATURE_NUMBERS; number < texts.length; number++) {
      const mayContain =
        ((signatures[at] as number) & letters) >>> 0 === letters &&
        ((signatures[at + 1] as number) & low) >>> 0 === low &&
        ((signatures[at + 2] as number) & high) >>> 0 === high;
      at += SIGNATURE_NUMBERS;
      if (mayContain && test(texts[number] as string)) marks[number] = (marks[number] as number) | bit;
    }
  }

  #markSound(marks: Int32Array, sound: string, bit: number, from: number): void {
    const wanted = hashOf(sound);
    const sounds = this.#sounds;
    for (let at = 0; at < this.#soundCount; at++) {
      if (sounds[at] !== wanted) continue;
      const number = this.#ofSound[at] as number;
      if (number < from) continue;
      const words = this.text(number).split(wordBreaks);
      if (words.some((word) => soundOf(word) === sound)) marks[number] = (marks[number] as number) | bit;
    }
  }
}

/** Bits of the characters of a text, and of the pairs of neighbours in it. */
function signatureOf(text: string): readonly [letters: number, pairsLow: number, pairsHigh: number] {
  let letters = 0;
  let low = 0;
  let high = 0;
  let before = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    letters |= 1 << (code & 31);
    if (index > 0) {
      const pair = Math.imul(before * 37 + code, 0x9e3779b1) >>> 26;
      if (pair < 32) low |= 1 << pair;
      else high |= 1 << (pair - 32);
    }
    before = code;
  }
  return [letters >>> 0, low >>> 0, high >>> 0];
}

const doubled = (numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  grown(numbers, new Uint32Array(numbers.length * 2));

/** The numbers in a longer array. */
export function grown<Numbers extends Int32Array | Uint32Array | Uint16Array>(
  numbers: Numbers,
  more: Numbers,
): Numbers {
  more.set(numbers);
  return more;
}
