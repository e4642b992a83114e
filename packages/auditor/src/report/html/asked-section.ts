import { wholeText } from '../../findings/index.ts';
import { groupBy } from '../exposures.ts';
import { plural } from '../headline.ts';
import { markup } from '../markup.ts';
import { code, table } from './elements.ts';
import type { Finding, Outcome, ScanReport } from '../../findings/index.ts';
import type { CheckTally } from '../exposures.ts';
import type { Markup } from '../markup.ts';
import type { Column } from './elements.ts';

/** Different reasons named on the page. */
const reasonsShown = 50;

function outcomeColumn(head: string, outcome: Outcome): Column<CheckTally> {
  return { head, cell: ({ outcomes }) => wholeText(outcomes[outcome]), isNumber: true };
}

/** Every question that was asked, with all answers: what is protected is as much a result as what is open. */
export function askedSection(report: ScanReport, tallies: readonly CheckTally[]): Markup {
  return markup`<h2 id="asked">What was asked</h2>
<details><summary>Checks and their answers <span class="count">(${plural(tallies.length, 'check')})</span></summary>
${table({
  caption: 'Answers by check',
  columns: [
    { head: 'Check', cell: ({ meta }) => meta.id },
    { head: 'Question', cell: ({ meta }) => meta.question },
    outcomeColumn('Exposed', 'exposed'),
    outcomeColumn('Protected', 'protected'),
    outcomeColumn('Not applicable', 'notApplicable'),
    outcomeColumn('Inconclusive', 'inconclusive'),
    outcomeColumn('Error', 'error'),
  ],
  rows: tallies,
})}</details>
${undecided(report.findings)}`;
}

interface ReasonRow {
  readonly check: string;
  readonly reason: string;
  readonly times: number;
}

function undecided(findings: readonly Finding[]): Markup {
  const open = findings.filter(({ outcome }) => outcome === 'inconclusive' || outcome === 'error');
  if (open.length === 0) return markup``;
  const groups = groupBy(open, ({ check, reason = 'no reason given' }) => JSON.stringify([check, reason]));
  const rows = [...groups.values()]
    .map((list): ReasonRow => ({
      check: list[0]?.check ?? '',
      reason: list[0]?.reason ?? 'no reason given',
      times: list.length,
    }))
    .sort((a, b) => b.times - a.times);
  return markup`<details><summary>What could not be decided <span class="count">(${wholeText(open.length)})</span></summary>${table(
    {
      caption: 'Reasons',
      ...(rows.length > reasonsShown ? { note: `(the ${reasonsShown} most frequent)` } : {}),
      columns: [
        { head: 'Check', cell: ({ check }) => check },
        { head: 'Reason', cell: ({ reason }) => reason },
        { head: 'Times', cell: ({ times }) => wholeText(times), isNumber: true },
      ],
      rows: rows.slice(0, reasonsShown),
    },
  )}</details>`;
}

/** Who asked whom, when, and by which right. */
export function runFacts({ scope, started, ended, scanned, complete, toolVersion }: ScanReport): Markup {
  const facts: readonly (readonly [string, string | Markup])[] = [
    ['Owner', scope.owner],
    ['Contact', scope.contact],
    ['Operator', scope.operator],
    ...(scope.certMandate === undefined ? [] : [['Mandate', scope.certMandate] as const]),
    ['Run', `${instantText(started)} to ${instantText(ended)}${complete ? '' : ' (interrupted)'}`],
    ['Permitted', `${scope.notBefore} to ${scope.notAfter}`],
    ['Addresses', `${wholeText(scanned.addresses)} in scope, ${wholeText(scanned.responding)} answered`],
    ['Scope (SHA-256)', code(scope.hash)],
    ['Made by', `leadglass-auditor ${toolVersion}`],
  ];
  return markup`<dl class="facts">${facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** '2026-11-22 05:00 UTC' when the instant is in UTC, else as it is. */
export function instantText(instant: string): string {
  return instant.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*Z$/, '$1 $2 UTC');
}
