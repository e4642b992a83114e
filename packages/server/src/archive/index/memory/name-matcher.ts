import { NAME_COMPONENTS_MAX } from '../limits.ts';
import type { NameComponents } from './name-components.ts';
import type { GroupPattern } from '../matching/name-matching.ts';
import type { Wildcard } from '../matching/wildcard.ts';

/** Characters and '?' of a pattern, so that how far it is matched is bits of one number. */
const TOKENS_MAX = 30;
/** States remembered: a pattern of a few words has less than ten; one that takes more is matched name by name. */
const STATES_MAX = 64;
const ASCII = 128;
/** The state in which a group begins; the one before it is that of what matches nothing. */
export const FIRST_STATE = 1;
/** There are too many states. */
export const NO_STATE = -1;

/**
 * A pattern for component groups of names that is run over each different component once, not over each name: what it
 * makes of a component, from each state in which one may begin, is remembered. Exactly what matchesGroup says, in one step
 * for each component of a name.
 */
export class NameMatcher {
  /** Of each character the bits of the tokens that it is taken by: '?' takes all. */
  readonly #ofASCII = new Int32Array(ASCII);
  readonly #ofOthers = new Map<number, number>();
  #ofAny = 0;
  /** States in which any character may follow any number of times. */
  #loops = 0;
  #end = 0;
  #wantsDelimiter = false;
  /** The bits of each state, and what it becomes with a delimiter. */
  readonly #bits: number[] = [];
  readonly #states = new Map<number, number>();
  readonly #delimited: number[] = [];
  /** Whether a group that ends in a state, with so many components, matches. */
  readonly #accepted: boolean[] = [];
  /** For each state what it becomes with each component, plus one; 0: that is not known yet. */
  #tables: Uint8Array[] = [];
  #components: NameComponents | undefined;

  /** @returns undefined: the pattern is too long */
  static of(pattern: GroupPattern): NameMatcher | undefined {
    const wildcard: Wildcard =
      pattern.kind === 'wildcard'
        ? pattern.wildcard
        : { pieces: [pattern.text], gaps: [closedGap, closedGap] };
    const tokens = wildcard.pieces.reduce((sum, piece) => sum + [...piece].length, 0);
    const questions = wildcard.gaps.reduce((sum, { characters }) => sum + characters, 0);
    if (tokens + questions > TOKENS_MAX) return undefined;
    // A delimiter that is not there is found behind the last component for the sake of patterns alone.
    const wantsDelimiter =
      pattern.kind === 'wildcard' && wildcard.pieces.some((piece) => piece.includes('^'));
    return new NameMatcher(wildcard, wantsDelimiter);
  }

  private constructor({ pieces, gaps }: Wildcard, wantsDelimiter: boolean) {
    this.#wantsDelimiter = wantsDelimiter;
    let position = 0;
    const literals: [code: number, bit: number][] = [];
    for (const [index, { characters, open }] of gaps.entries()) {
      for (let count = 0; count < characters; count++) this.#ofAny |= 1 << position++;
      if (open) this.#loops |= 1 << position;
      for (const character of pieces[index] ?? '')
        literals.push([character.codePointAt(0) as number, 1 << position++]);
    }
    this.#end = 1 << position;
    this.#ofASCII.fill(this.#ofAny);
    for (const [code, bit] of literals) {
      if (code < ASCII) this.#ofASCII[code] = (this.#ofASCII[code] as number) | bit;
      else this.#ofOthers.set(code, (this.#ofOthers.get(code) ?? this.#ofAny) | bit);
    }
    this.#stateOf(0);
    this.#stateOf(1);
  }

  /** Before names are matched: components may have come, or be others. */
  begin(components: NameComponents): void {
    if (components === this.#components) return;
    this.#components = components;
    this.#tables = this.#tables.map(() => new Uint8Array(components.size));
  }

  /** The state behind a component. */
  next(state: number, component: number): number {
    const known = this.#tables[state]?.[component] ?? 0;
    return known === 0 ? this.#learn(state, component) : known - 1;
  }

  /** The state behind a delimiter. */
  delimit(state: number): number {
    return (this.#delimited[state] ??= this.#stateOf(this.#run('^', this.#bits[state] as number)));
  }

  /**
   * Whether a group that ends in a state matches, with the delimiters that may follow its components.
   * @param components how many it has
   */
  accepts(state: number, components: number): boolean {
    const place = state * (NAME_COMPONENTS_MAX + 1) + components;
    return (this.#accepted[place] ??= this.#acceptsAnew(this.#bits[state] as number, components));
  }

  #acceptsAnew(bits: number, components: number): boolean {
    if ((bits & this.#end) !== 0) return true;
    if (!this.#wantsDelimiter || components >= NAME_COMPONENTS_MAX) return false;
    return (this.#run('^'.repeat(NAME_COMPONENTS_MAX - components), bits) & this.#end) !== 0;
  }

  #learn(state: number, component: number): number {
    const text = this.#components?.text(component) ?? '';
    const next = this.#stateOf(this.#run(text, this.#bits[state] as number));
    const table = this.#tables[state];
    if (table !== undefined && next !== NO_STATE && component < table.length) table[component] = next + 1;
    return next;
  }

  #run(text: string, from: number): number {
    let bits = from;
    for (let index = 0; index < text.length && bits !== 0; index++) {
      let code = text.charCodeAt(index);
      let taken: number;
      if (code < ASCII) taken = this.#ofASCII[code] as number;
      else {
        code = text.codePointAt(index) as number;
        if (code > 0xffff) index += 1;
        taken = this.#ofOthers.get(code) ?? this.#ofAny;
      }
      bits = ((bits & taken) << 1) | (bits & this.#loops);
    }
    return bits;
  }

  #stateOf(bits: number): number {
    const known = this.#states.get(bits);
    if (known !== undefined) return known;
    if (this.#bits.length >= STATES_MAX) return NO_STATE;
    const state = this.#bits.push(bits) - 1;
    this.#states.set(bits, state);
    this.#tables.push(new Uint8Array(this.#components?.size ?? 0));
    return state;
  }
}

const closedGap = { characters: 0, open: false } as const;
