import type { Driver } from './driver.ts';
import type { Bits } from '../memory/bits.ts';
import type { Condition } from '../matching/matching.ts';
import { type NameConditions, NameMatches } from './name-matches.ts';
import type { PatientNames } from '../memory/patient-names.ts';

/** Patients in the order in which they are brought, looked for as far as they are wanted. */
export interface NameList {
  /** Those from a place on, some at least if there are any and the step is not over. */
  rowsFrom(place: number, wanted: number): readonly number[];
  /** Whether there is none from a place on. */
  endsAt(place: number): boolean;
  /** How many there are, or a few more, counted no further than a limit. */
  count(limit: number): number;
  /** All of them, in any order, and maybe others, when there are no more than a limit. */
  all(limit: number): readonly number[];
  has(patient: number): boolean;
  /** A bit for each patient who may be in it; undefined: there are very many. */
  bits(): Bits | undefined;
  /** Patients without a bit are of no use from here on: it may leave them out. */
  narrow(bits: Bits): void;
}

/** Patients that a list looks for at once when it is gone through. */
const LISTED_AT_ONCE = 128;

/** Brings patients from such a list, which lives as long as the search: a place in it is where the search goes on. */
export function nameListDriver(
  name: string,
  condition: Condition,
  list: NameList,
  names: PatientNames,
): Driver {
  const nextOf = (place: number): readonly [number] | undefined => (list.endsAt(place) ? undefined : [place]);
  return {
    name,
    level: 'PATIENT',
    decides: [condition],
    count: (limit) => list.count(limit),
    all: (limit) => list.all(limit),
    has: (patient) => list.has(patient),
    bits: () => list.bits(),
    narrow: (bits) => list.narrow(bits),
    walk: ([from] = [0], take) => {
      let place = Number(from);
      for (;;) {
        const ids = list.rowsFrom(place, LISTED_AT_ONCE);
        for (const id of ids) {
          if (!take(id)) return [place];
          place += 1;
        }
        if (ids.length === 0) return nextOf(place);
      }
    },
    page: ([from] = [0], rows) => {
      const ids = list.rowsFrom(Number(from), rows);
      return { ids, next: nextOf(Number(from) + ids.length) };
    },
    pass: ([from] = [0], rows, counted) => {
      const ids = list.rowsFrom(Number(from), rows);
      const studies = (): number => ids.reduce((sum, row) => sum + names.studiesOf(row), 0);
      return { passed: counted === 'rows' ? ids.length : studies(), next: nextOf(Number(from) + ids.length) };
    },
  };
}

/** A list whose patients are matches, whatever their order. */
export abstract class MatchedNames implements NameList {
  protected readonly matches: NameMatches;

  constructor(matches: NameMatches) {
    this.matches = matches;
  }

  abstract rowsFrom(place: number, wanted: number): readonly number[];
  abstract all(limit: number): readonly number[];

  endsAt(place: number): boolean {
    return this.matches.isWhole && place >= this.matches.rows.length;
  }

  has(patient: number): boolean {
    return this.matches.has(patient);
  }

  bits(): Bits | undefined {
    return this.matches.bits();
  }

  narrow(bits: Bits): void {
    this.matches.narrow(bits);
  }

  count(limit: number): number {
    return this.all(limit).length;
  }
}

/** Patients whose names fulfil conditions, the latest first. */
export class LatestFirst extends MatchedNames {
  readonly #candidates: NameMatches;
  /** How many of these there are, counted no further than that limit. */
  #counted = { count: 0, limit: 0 };

  /** @param counted without what is tested name by name: these are counted to tell how well it narrows */
  constructor(names: PatientNames, counted: NameConditions, conditions: NameConditions) {
    const candidates = new NameMatches(names, counted);
    const wider = conditions.clauses === counted.clauses ? candidates : undefined;
    super(conditions === counted ? candidates : new NameMatches(names, conditions, wider));
    this.#candidates = candidates;
  }

  rowsFrom(place: number, wanted: number): readonly number[] {
    this.matches.extendTo(place + wanted);
    return this.matches.rows.slice(place, place + wanted);
  }

  all(limit: number): readonly number[] {
    this.#candidates.extendTo(limit);
    return this.#candidates.rows.slice(0, limit);
  }

  override count(limit: number): number {
    const { count, limit: countedTo } = this.#counted;
    if (count < countedTo || limit <= countedTo) return Math.min(count, limit);
    this.#counted = { count: this.#candidates.count(limit), limit };
    return this.#counted.count;
  }
}
