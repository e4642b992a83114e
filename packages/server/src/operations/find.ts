import type { Match, Query } from '../archive/index/index.ts';
import type { Caller } from './caller.ts';
import { carryOut, Refused, type Workplace } from './operation.ts';

/** Matches looked at between two turns of the event loop: a long list never holds up the others. */
const MATCHES_PER_TURN = 200;

/**
 * Searches. `onMatch` gets each match in turn and may return a promise (back-pressure); it returns false
 * to stop (C-CANCEL). The search stands in the trail before the first match leaves, and once more with
 * its count at the end when it ran long.
 */
export async function find(
  workplace: Workplace,
  caller: Caller,
  query: Query,
  onMatch: (match: Match) => boolean | Promise<boolean>,
): Promise<{ matches: number; stopped: boolean }> {
  return carryOut(workplace, 'find', caller, {}, async (operation) => {
    const { archive, budget } = workplace;
    const callerID = `${caller.principal.kind}:${caller.principal.id}`;
    if (query.isUnconstrained) {
      const cap = budget.limits.unconstrainedMaxMatches;
      if (archive.index.countMatches(query, cap + 1) > cap) throw new Refused('QUERY_TOO_BROAD');
    }
    const left = budget.left(callerID);
    if (left <= 0) throw new Refused('QUERY_BUDGET_USED_UP');
    const matches = archive.index.query(query);
    const first: Match[] = [];
    let ended = false;
    while (first.length < MATCHES_PER_TURN && !ended) {
      const next = matches.next();
      if (next.done) ended = true;
      else first.push(next.value);
    }
    await operation.record(ended ? 'success' : 'pending', {
      subject: { count: first.length },
      detail: { level: query.level },
    });
    let sent = 0;
    for (const match of first) {
      if (!budget.take(callerID, 1)) throw await tooMany();
      sent++;
      if (!(await onMatch(match))) return { matches: sent, stopped: true };
    }
    if (ended) return { matches: sent, stopped: false };
    for (const match of matches) {
      if (!budget.take(callerID, 1)) throw await tooMany();
      sent++;
      if (!(await onMatch(match))) break;
      if (sent % MATCHES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await operation.record('success', { subject: { count: sent }, detail: { level: query.level } });
    return { matches: sent, stopped: false };

    async function tooMany(): Promise<Refused> {
      const reason = 'QUERY_BUDGET_USED_UP';
      await operation.record('refused', { subject: { count: sent }, reason });
      return new Refused(reason);
    }
  });
}
