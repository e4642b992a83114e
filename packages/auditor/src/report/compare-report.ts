import { compare, wholeText } from '../findings/index.ts';
import { alignedTable } from './text-report.ts';
import { deltaRows, toCSV } from './csv.ts';
import { groupBy, metaById, metaFor } from './exposures.ts';
import { plural } from './headline.ts';
import { badge, table } from './html/elements.ts';
import { page } from './html/page.ts';
import { deltaSection } from './html/table-sections.ts';
import { instantText } from './html/asked-section.ts';
import { markup } from './markup.ts';
import { placeName } from './texts/place-name.ts';
import { severityOf } from '../findings/index.ts';
import { visible } from './visible-text.ts';
import { writeFiles } from './write-files.ts';
import type {
  Change,
  ChangeCounts,
  CheckMeta,
  Comparison,
  FindingChange,
  FirstSeen,
  ScanReport,
} from '../findings/index.ts';
import type { MetaById } from './exposures.ts';
import type { Markup } from './markup.ts';

export interface CompareOptions {
  readonly metas: readonly CheckMeta[];
  /** From a history: when each exposure (`findingKey`) was first seen. */
  readonly firstSeen?: FirstSeen;
}

export interface ComparisonReport {
  readonly comparison: Comparison;
  readonly html: string;
  readonly text: string;
  readonly json: string;
  readonly csv: string;
}

/** Findings of one kind of change that stand on the page. */
const changesShown = 2_000;

/** Compares two runs, as a page, as text, as data. */
export function compareReports(
  before: ScanReport,
  after: ScanReport,
  options: CompareOptions,
): ComparisonReport {
  const comparison = compare(before, after, options.firstSeen);
  const metas = metaById(options.metas);
  return {
    comparison,
    html: comparisonHTML(comparison, after.scope.owner, metas),
    text: comparisonText(comparison),
    json: `${JSON.stringify({ format: 'leadglass-auditor-comparison', version: 1, ...comparison }, undefined, 1)}\n`,
    csv: toCSV(deltaRows(comparison)),
  };
}

/** Writes compare.html, compare.txt, compare.json and T2.csv. @throws ReportError BAD_RECIPIENT */
export async function writeComparison(
  { html, text, json, csv }: ComparisonReport,
  folder: string,
  recipients: readonly string[] = [],
): Promise<string[]> {
  const files = new Map([
    ['compare.html', html],
    ['compare.txt', text],
    ['compare.json', json],
    ['T2.csv', csv],
  ]);
  return writeFiles(folder, files, recipients);
}

function warnings({ isSameScope, isComplete }: Comparison): string[] {
  return [
    ...(isSameScope
      ? []
      : [
          'The two runs had different scopes: what is gone may merely not have been asked for, and what is new not before.',
        ]),
    ...(isComplete ? [] : ['A run was interrupted: what it did not reach is “not decided”, or looks new.']),
  ];
}

function headlineOf({ systemsOpen }: Comparison): string {
  const { new: added, gone, unchanged, unknown } = systemsOpen;
  const undecided = unknown === 0 ? '' : ` ${plural(unknown, 'system')} could not be decided.`;
  return `${plural(added, 'system')} newly open, ${wholeText(gone)} closed or gone, ${wholeText(unchanged)} still open.${undecided}`;
}

function comparisonHTML(comparison: Comparison, owner: string, metas: MetaById): string {
  const notes = warnings(comparison);
  return page({
    language: 'en',
    title: `What changed: ${owner}`,
    header: markup`<h1>What changed at ${owner}</h1><p class="quiet">${instantText(comparison.oldEnded)} compared with ${instantText(comparison.newEnded)}</p>`,
    body: markup`<p class="lead">${headlineOf(comparison)}</p>
${notes.map((note) => markup`<p class="notice">${note}</p>`)}
${totals(comparison)}
${deltaSection(comparison)}
<h2>Findings</h2>
${changeList('New', 'new', comparison, metas)}
${changeList('Still there', 'unchanged', comparison, metas)}
${changeList('Not decided', 'unknown', comparison, metas)}
${changeList('Gone', 'gone', comparison, metas)}`,
    footer: markup`<p>Days open count from when the exposure was first seen: it may have been open longer.</p>`,
  });
}

function totals(comparison: Comparison): Markup {
  const rows = totalRows(comparison);
  const column = (head: string, change: Change) => ({
    head,
    cell: ([, counts]: readonly [string, ChangeCounts]) => wholeText(counts[change]),
    isNumber: true,
  });
  return table({
    caption: 'Over all',
    columns: [
      { head: 'What', cell: ([name]) => name },
      column('New', 'new'),
      column('Gone', 'gone'),
      column('Unchanged', 'unchanged'),
      column('Not decided', 'unknown'),
    ],
    rows,
  });
}

function totalRows(comparison: Comparison): (readonly [string, ChangeCounts])[] {
  return [
    ['Systems seen', comparison.systemsSeen],
    ['Systems open by DICOM', comparison.systemsOpen],
    ['Findings (system and check)', comparison.findings],
  ];
}

function changeList(head: string, change: Change, { changes }: Comparison, metas: MetaById): Markup {
  const list = changes.filter((one) => one.change === change);
  if (list.length === 0) return markup``;
  const byCheck = [...groupBy(list, ({ check }) => check)]
    .map(([check, found]) => ({ meta: metaFor(metas, check), found }))
    .sort((a, b) => b.meta.score - a.meta.score);
  let room = changesShown;
  return markup`<h3>${head} (${wholeText(list.length)})</h3>
${byCheck.map(({ meta, found }) => {
  const rows = found.slice(0, Math.max(0, room));
  room -= found.length;
  return markup`<details><summary>${badge(severityOf(meta.score), meta.score)} ${meta.id} ${meta.title} <span class="count">(${wholeText(found.length)})</span></summary>${changeTable(meta.title, rows)}</details>`;
})}`;
}

function changeTable(caption: string, rows: readonly FindingChange[]): Markup {
  if (rows.length === 0) return markup`<p class="quiet">All are in compare.json.</p>`;
  return table({
    caption,
    isCaptionHidden: true,
    columns: [
      { head: 'System', cell: ({ system }) => markup`<span class="code address">${system}</span>` },
      { head: 'Owner', cell: ({ owner }) => owner },
      { head: 'Days open, at least', cell: ({ daysOpen }) => wholeText(daysOpen), isNumber: true },
    ],
    rows,
  });
}

function comparisonText(comparison: Comparison): string {
  const countCells = (counts: ChangeCounts): string[] =>
    [counts.new, counts.gone, counts.unchanged, counts.unknown].map(wholeText);
  const head = ['new', 'gone', 'unchanged', 'not decided'];
  const lines = [
    headlineOf(comparison),
    ...warnings(comparison),
    '',
    ...alignedTable(
      ['', ...head],
      totalRows(comparison).map(([name, counts]) => [name, ...countCells(counts)]),
    ),
    '',
    ...alignedTable(
      ['T2', ...head, 'days open', 'verdict'],
      [...comparison.byCountry, comparison.total].map((row) => [
        placeName(row.place),
        ...countCells(row),
        wholeText(row.daysOpenMax),
        row.verdict,
      ]),
    ),
  ];
  return `${lines.map(visible).join('\n').trimEnd()}\n`;
}
