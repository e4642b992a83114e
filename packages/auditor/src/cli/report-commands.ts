import { mkdirSync } from 'node:fs';
import { compareReports, languages, writeComparison, writeLetters } from '../report/index.ts';
import { allMetas } from './all-metas.ts';
import { CallError } from './call-error.ts';
import { checkRecipients, readFindings } from './report-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** `compare`: the difference of two runs, as text, as JSON, as files. */
export async function compareRuns(
  older: string,
  newer: string,
  options: { out?: string; recipient?: readonly string[]; json?: true },
  surroundings: Surroundings,
): Promise<void> {
  const recipients = options.recipient ?? [];
  await checkRecipients(recipients);
  if (recipients.length > 0 && options.out === undefined) {
    throw new CallError('--recipient: what is printed is not encrypted', 'add --out FOLDER');
  }
  const [before, after] = [await readFindings(older, 'compare'), await readFindings(newer, 'compare')];
  const report = compareReports(before, after, { metas: allMetas });
  if (options.out !== undefined) {
    mkdirSync(options.out, { recursive: true, mode: 0o700 });
    await writeComparison(report, options.out, recipients);
  }
  if (recipients.length === 0) surroundings.print(options.json === true ? report.json : report.text);
}

/** `letter`: notices to owners and to the authority. */
export async function writeNotices(
  findings: string,
  options: { out: string; language?: readonly string[]; recipient?: readonly string[] },
  surroundings: Surroundings,
): Promise<void> {
  const wrong = options.language?.find((code) => !languages.some((language) => language === code));
  if (wrong !== undefined) {
    throw new CallError(`--language: ${wrong} is not known`, `choose from ${languages.join(', ')}`);
  }
  const wanted = languages.filter((language) => options.language?.includes(language) ?? true);
  const recipients = options.recipient ?? [];
  await checkRecipients(recipients);
  const report = await readFindings(findings, 'letter');
  mkdirSync(options.out, { recursive: true, mode: 0o700 });
  const paths = await writeLetters(report, options.out, { metas: allMetas, languages: wanted, recipients });
  surroundings.print(paths.map((path) => `${path}\n`).join(''));
  if (paths.length === 0) surroundings.print('nobody has anything open: no letter is needed\n');
}
