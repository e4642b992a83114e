import type { Match, Query } from '../archive/index/index.ts';
import type { Caller } from './caller.ts';
import { carryOut, type Later, now, Refused, type Workplace } from './operation.ts';

export interface SearchResult {
  readonly query: Query;
  readonly matches: readonly Match[];
  /** There are more than these. */
  readonly isCut: boolean;
}

/** Steps of the index without a match before others get their turn. */
const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Searches for one page of matches: those after `query.offset`, `query.limit` at most, which must be given. The same
 * verb, the same budget and the same limit on broad queries as C-FIND has: a search that narrows nothing gives no
 * more at once than a C-FIND that narrows nothing may. One entry in the trail, durable before the first match leaves.
 */
export async function search(
  workplace: Workplace,
  caller: Caller,
  asked: Later<Query>,
): Promise<SearchResult> {
  return carryOut(workplace, 'find', caller, {}, async (operation) => {
    const given = now(asked);
    const { archive, budget } = workplace;
    const callerID = `${caller.principal.kind}:${caller.principal.id}`;
    const most = given.isUnconstrained ? budget.limits.unconstrainedMaxMatches : Infinity;
    const limit = Math.min(given.limit ?? most, most);
    if (!Number.isFinite(limit)) throw new Refused('QUERY_TOO_BROAD');
    if (budget.left(callerID) <= 0) throw new Refused('QUERY_BUDGET_USED_UP');
    // One more than is given, to know whether there are more.
    const query = { ...given, limit: limit + 1 };
    const matches: Match[] = [];
    for (const page of archive.index.queryPages(query)) {
      matches.push(...page);
      if (page.length === 0 && matches.length <= limit) await othersTurn();
    }
    const isCut = matches.length > limit;
    if (isCut) matches.length = limit;
    if (!budget.take(callerID, matches.length)) throw new Refused('QUERY_BUDGET_USED_UP');
    await operation.record('success', {
      subject: { count: matches.length },
      detail: { level: query.level },
    });
    return { query, matches, isCut };
  });
}
