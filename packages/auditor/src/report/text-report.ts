import {
  accessClasses,
  accessClassMeaning,
  countText,
  exposureTable,
  isOpen,
  percentText,
  postureTable,
  severities,
  vulnerabilityTable,
  wholeText,
} from '../findings/index.ts';
import { actionsOf, exposuresOf, metaById, realExposures } from './exposures.ts';
import { headline, notAskedText } from './headline.ts';
import { fixTexts } from './texts/fix-codes.ts';
import { placeName } from './texts/place-name.ts';
import { visible } from './visible-text.ts';
import type { CheckMeta, ExposureRow, ScanReport } from '../findings/index.ts';
import type { Exposure } from './exposures.ts';

/** Rows of each table that a terminal shows. */
const rowsShown = 20;
const actionsShown = 5;

/** The summary for a terminal or a mail: plain text, no control character but line feeds. */
export function terminalSummary(report: ScanReport, metas: readonly CheckMeta[]): string {
  const exposures = exposuresOf(realExposures(report), metaById(metas));
  const { total, byCountry } = exposureTable(report);
  const openSystems = report.systems.filter(isOpen).length;
  const lines = [
    headline(total, openSystems),
    ...incompleteLine(report),
    '',
    severityLine(exposures),
    ...undecidedLine(report),
    '',
    ...exposureLines([...byCountry.slice(0, rowsShown), total]),
    ...moreLine(byCountry.length - rowsShown),
    '',
    ...classLines(report),
    '',
    ...firstLines(exposures, openSystems),
    ...findingLines(exposures),
  ];
  return `${lines.map(visible).join('\n').trimEnd()}\n`;
}

function incompleteLine({ complete, scanned }: ScanReport): string[] {
  if (complete) return [];
  return [notAskedText(scanned) ?? 'The run was interrupted; what is missing here was not looked at.'];
}

function severityLine(exposures: readonly Exposure[]): string {
  const counts = severities.map((severity) => {
    const findings = exposures
      .filter((exposure) => exposure.severity === severity)
      .reduce((sum, exposure) => sum + exposure.findings.length, 0);
    return `${wholeText(findings)} ${severity === 'none' ? 'informational' : severity}`;
  });
  return `Findings: ${counts.join(', ')}.`;
}

function undecidedLine({ findings }: ScanReport): string[] {
  const undecided = findings.filter(
    ({ outcome }) => outcome === 'inconclusive' || outcome === 'error',
  ).length;
  return undecided === 0 ? [] : [`Not decided: ${wholeText(undecided)}; they are not counted as protected.`];
}

function moreLine(left: number): string[] {
  return left > 0 ? [`(the total includes ${wholeText(left)} more countries, which are in T1.csv)`] : [];
}

function exposureLines(rows: readonly ExposureRow[]): string[] {
  return alignedTable(
    ['T1', 'systems', 'open', 'studies', 'images', 'retrievable'],
    rows.map((row) => [
      placeName(row.place),
      wholeText(row.systems),
      wholeText(row.open),
      countText(row.studies),
      countText(row.images),
      countText(row.retrievableImages),
    ]),
  );
}

function classLines({ systems }: ScanReport): string[] {
  const real = systems.filter(({ isHoneypot }) => !isHoneypot);
  return alignedTable(
    ['Access class', 'systems'],
    accessClasses.map((one) => [
      `${one} ${accessClassMeaning[one]}`,
      wholeText(real.filter((system) => system.accessClasses.includes(one)).length),
    ]),
  );
}

function firstLines(exposures: readonly Exposure[], openSystems: number): string[] {
  const actions = actionsOf(exposures).slice(0, actionsShown);
  if (actions.length === 0) return [];
  const close =
    openSystems === 0
      ? []
      : [`Close the door: block the ${wholeText(openSystems)} open systems at the firewall`];
  const steps = [
    ...close,
    ...actions.map(
      ({ fix, systems, score, checks }) =>
        `${fixTexts[fix].title} (${wholeText(systems)} systems, up to ${score.toFixed(1)}; ${checks.join(' ')})`,
    ),
  ];
  return ['What to do first:', ...steps.map((step, index) => `  ${index + 1}. ${step}`), ''];
}

function findingLines(exposures: readonly Exposure[]): string[] {
  if (exposures.length === 0) return [];
  return alignedTable(
    ['Finding', 'score', 'systems'],
    exposures.map(({ meta, systems }) => [
      `${meta.id} ${meta.title}`,
      meta.score === 0 ? 'info' : meta.score.toFixed(1),
      wholeText(systems),
    ]),
  );
}

/** Longest text of a first column: a terminal is about a hundred characters wide. */
const firstColumnMax = 60;

/** Columns of even width, numbers to the right. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) =>
    row.map((cell, column) => (column === 0 ? shortened(visible(cell)) : visible(cell))),
  );
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function shortened(text: string): string {
  return text.length <= firstColumnMax ? text : `${text.slice(0, firstColumnMax - 1)}…`;
}

/** The same as Markdown, for a wiki or a merge request. */
export function markdownSummary(report: ScanReport, metas: readonly CheckMeta[]): string {
  const exposures = exposuresOf(realExposures(report), metaById(metas));
  const { total, byCountry } = exposureTable(report);
  const posture = postureTable(report);
  const vulnerabilities = vulnerabilityTable(report).total;
  const openSystems = report.systems.filter(isOpen).length;
  const lines = [
    `# What is open at ${escapeMarkdown(report.scope.owner)}`,
    '',
    escapeMarkdown(headline(total, openSystems)),
    '',
    severityLine(exposures),
    ...undecidedLine(report),
    ...incompleteLine(report).flatMap((line) => ['', line]),
    '',
    '## Exposure (T1)',
    '',
    ...markdownTable(
      ['Country', 'Systems', 'Open', 'Study records', 'Linked images', 'Retrievable images'],
      [...byCountry, total].map((row) => [
        placeName(row.place),
        wholeText(row.systems),
        wholeText(row.open),
        countText(row.studies),
        countText(row.images),
        countText(row.retrievableImages),
      ]),
    ),
    '',
    '## Findings',
    '',
    ...markdownTable(
      ['Finding', 'Score', 'Systems', 'Fix'],
      exposures.map(({ meta, systems }) => [
        `${meta.id} ${meta.title}`,
        meta.score === 0 ? 'information' : meta.score.toFixed(1),
        wholeText(systems),
        meta.fixes.map((fix) => fixTexts[fix].title).join('; '),
      ]),
    ),
    '',
    '## Posture (T4, T5)',
    '',
    `- DICOM over TLS: ${shareText(posture.tls)}`,
    `- Any AE title may associate: ${shareText(posture.titleUnchecked)}`,
    `- Potential vulnerabilities: ${wholeText(vulnerabilities.total)}, of these high or critical ${percentText(vulnerabilities.high, vulnerabilities.total)}, CVSS 10 ${wholeText(vulnerabilities.scoreTen)}`,
    '',
    `Scope (SHA-256): ${escapeMarkdown(report.scope.hash)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function shareText({ part, whole }: { readonly part: number; readonly whole: number }): string {
  return `${wholeText(part)} of ${wholeText(whole)} (${percentText(part, whole)})`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ];
}

/** Markdown may hold HTML and links: everything that could begin one is escaped. */
export function escapeMarkdown(text: string): string {
  return visible(text).replace(/[\\`*_{}[\]<>()#+!|~&]/g, (character) =>
    character === '<' ? '&lt;' : character === '>' ? '&gt;' : character === '&' ? '&amp;' : `\\${character}`,
  );
}
