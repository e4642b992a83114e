import { randomBytes } from 'node:crypto';
import { compareText } from '../findings/index.ts';
import { toCsv } from './csv.ts';
import { fileName } from './file-name.ts';
import { renderHtml } from './html/render-html.ts';
import { redact } from './redact.ts';
import { reportFormats } from './report-formats.ts';
import { reportText } from './json-text.ts';
import { sarifText } from './sarif.ts';
import { markdownSummary, terminalSummary } from './text-report.ts';
import { writeFiles } from './write-files.ts';
import type { CheckMeta, Comparison, FollowUpEntry, ScanReport } from '../findings/index.ts';
import type { Audience } from './redact.ts';
import type { ReportFormat } from './report-formats.ts';

export interface ReportOptions {
  readonly metas: readonly CheckMeta[];
  /** All by default; findings.json is always written, because everything else can be made from it. */
  readonly formats?: readonly ReportFormat[];
  /** Default `full`. `owner`: one folder for each owner, with what is theirs alone. */
  readonly audience?: Audience | 'owner';
  /** age recipients; when given, nothing is written in clear text. */
  readonly recipients?: readonly string[];
  /** For table T2. */
  readonly comparison?: Comparison;
  /** For table T6. */
  readonly followUp?: readonly FollowUpEntry[];
  /** Keys the pseudonyms of redacted reports; a fresh one by default, so that two reports cannot be linked. */
  readonly secret?: Uint8Array;
}

/**
 * Writes findings.json, report.html, report.sarif, report.md, report.txt and T1.csv to T6.csv.
 * @returns the paths written
 * @throws ReportError BAD_RECIPIENT
 */
export async function writeReports(
  report: ScanReport,
  folder: string,
  options: ReportOptions,
): Promise<string[]> {
  const { audience = 'full', recipients = [], secret = randomBytes(32) } = options;
  if (audience !== 'owner') {
    return writeFiles(folder, reportContents(report, audience, options, secret), recipients);
  }
  const owners = [...new Set(report.systems.map(({ owner }) => owner))].sort(compareText);
  const written: string[] = [];
  for (const owner of owners) {
    const files = reportFiles(report, { owner }, options, secret);
    const inFolder = new Map([...files].map(([name, content]) => [`${fileName(owner)}/${name}`, content]));
    written.push(...(await writeFiles(folder, inFolder, recipients)));
  }
  return written;
}

/** All files of one report, by name. */
export function reportFiles(
  report: ScanReport,
  audience: Audience,
  options: ReportOptions,
  secret: Uint8Array,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [name, content] of reportContents(report, audience, options, secret)) {
    files.set(name, typeof content === 'string' ? content : [...content].join(''));
  }
  return files;
}

/** The same, each made when it is asked for: a national report is tens of megabytes in each of its forms. */
function* reportContents(
  report: ScanReport,
  audience: Audience,
  { metas, comparison, followUp, formats = reportFormats }: ReportOptions,
  secret: Uint8Array,
): Generator<readonly [name: string, content: string | Iterable<string>]> {
  const shown = redact(report, audience, secret);
  // A comparison and a follow-up name other owners: they go to whoever ran the audit.
  const whole =
    audience === 'full'
      ? {
          ...(comparison === undefined ? {} : { comparison }),
          ...(followUp === undefined ? {} : { followUp }),
        }
      : {};
  const note = audienceNote(audience);
  yield ['findings.json', reportText(shown)];
  const wants = (format: ReportFormat): boolean => formats.includes(format);
  if (wants('html')) {
    const options = { metas, ...whole, ...(note === undefined ? {} : { audienceNote: note }) };
    yield ['report.html', renderHtml(shown, options)];
  }
  if (wants('sarif')) yield ['report.sarif', sarifText(shown, metas)];
  if (wants('md')) yield ['report.md', markdownSummary(shown, metas)];
  if (wants('txt')) yield ['report.txt', terminalSummary(shown, metas)];
  if (!wants('csv')) return;
  for (const [name, content] of toCsv(shown, whole)) yield [`${name}.csv`, content];
}

function audienceNote(audience: Audience): string | undefined {
  if (audience === 'full') return undefined;
  if (audience === 'authority')
    return 'For the authority: what was proved to stand open, and whose it is; everything else is left out.';
  return audience === 'public'
    ? 'For the public: addresses, names and every text a system sent are withheld.'
    : `For ${audience.owner} alone: systems of other owners are left out.`;
}
