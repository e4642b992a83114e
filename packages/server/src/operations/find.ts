import type { Match, Query } from '../archive/index/index.ts';
import type { Caller } from './caller.ts';
import { carryOut, type Later, now, type Operation, reasonOf, Refused, type Workplace } from './operation.ts';

/** A short list is searched to its end before anything is sent: then one trail entry tells all of it. */
const SHORT_LIST = 200;

export interface FindOutcome {
  matches: number;
  /** `onMatch` asked to stop (C-CANCEL). */
  stopped: boolean;
}

/**
 * Searches. `onMatch` gets each match in turn and may return a promise (back-pressure); it returns false
 * to stop. The search stands in the trail before the first match leaves, and once more with its count when
 * the list was long. Between two steps of the search others get their turn.
 */
export async function find(
  workplace: Workplace,
  caller: Caller,
  asked: Later<Query>,
  onMatch: (match: Match) => boolean | Promise<boolean>,
): Promise<FindOutcome> {
  return carryOut(workplace, 'find', caller, {}, async (operation) => {
    const query = now(asked);
    const search = new Search(workplace, caller, query);
    search.assertNotTooBroad();
    const { first, ended } = await search.firstMatches();
    await recordFind(operation, ended ? 'success' : 'pending', first.length, query);
    let sent = 0;
    const give = (match: Match): boolean | Promise<boolean> => {
      if (!search.take()) throw new Refused('QUERY_BUDGET_USED_UP');
      sent++;
      return onMatch(match);
    };
    let goesOn = true;
    try {
      for (const match of first) if (!(goesOn = await give(match))) break;
      if (!ended && goesOn) for await (const match of search.rest()) if (!(goesOn = await give(match))) break;
    } catch (error) {
      // What was recorded says what was found; this, how much of it was given.
      const outcome = error instanceof Refused ? 'refused' : 'failed';
      await operation.record(outcome, { subject: { count: sent }, reason: reasonOf(error) });
      throw error;
    }
    if (!ended) await recordFind(operation, 'success', sent, query);
    return { matches: sent, stopped: !goesOn };
  });
}

class Search {
  readonly #workplace: Workplace;
  readonly #callerID: string;
  readonly #query: Query;
  readonly #pages: Iterator<readonly Match[]>;
  #overflow: Match[] = [];

  constructor(workplace: Workplace, caller: Caller, query: Query) {
    this.#workplace = workplace;
    this.#callerID = `${caller.principal.kind}:${caller.principal.id}`;
    this.#query = query;
    this.#pages = workplace.archive.index.queryPages(query);
  }

  /** Nobody lists the whole house: a query that narrows nothing may have a few matches, not all there are. */
  assertNotTooBroad(): void {
    const { archive, budget } = this.#workplace;
    const cap = budget.limits.unconstrainedMaxMatches;
    const tooBroad = this.#query.isUnconstrained && archive.index.countMatches(this.#query, cap + 1) > cap;
    if (tooBroad) throw new Refused('QUERY_TOO_BROAD');
    if (budget.left(this.#callerID) <= 0) throw new Refused('QUERY_BUDGET_USED_UP');
  }

  take(): boolean {
    return this.#workplace.budget.take(this.#callerID, 1);
  }

  async firstMatches(): Promise<{ first: Match[]; ended: boolean }> {
    const first: Match[] = [];
    for (;;) {
      const page = this.#pages.next();
      if (page.done) return { first, ended: true };
      first.push(...page.value);
      if (first.length > SHORT_LIST) {
        this.#overflow = first.splice(SHORT_LIST);
        return { first, ended: false };
      }
      await othersTurn();
    }
  }

  async *rest(): AsyncGenerator<Match> {
    yield* this.#overflow;
    for (let page = this.#pages.next(); !page.done; page = this.#pages.next()) {
      yield* page.value;
      await othersTurn();
    }
  }
}

const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const recordFind = (
  operation: Operation,
  outcome: 'success' | 'pending',
  count: number,
  query: Query,
): Promise<void> => operation.record(outcome, { subject: { count }, detail: { level: query.level } });
