import { mkdirSync } from 'node:fs';
import type { Command } from 'commander';
import { compareReports, languages, writeComparison, writeLetters } from '../report/index.ts';
import { allMetas } from './all-metas.ts';
import { CallError } from './call-error.ts';
import { checkRecipients, readFindings, recipientOption } from './report-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds `compare`. */
export function registerCompareCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('compare')
    .description('what is new, gone and unchanged between two runs')
    .argument('<old>', 'findings.json of the older run')
    .argument('<new>', 'findings.json of the newer run')
    .option('--out <folder>', 'write compare.html, compare.json and T2.csv there')
    .addOption(recipientOption())
    .option('--json', 'print as JSON')
    .action(
      async (older: string, newer: string, options: { out?: string; recipient?: string[]; json?: true }) =>
        compareRuns(older, newer, options, surroundings),
    );
}

/** Adds `letter`. */
export function registerLetterCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('letter')
    .description('a notice to each owner with something open, and one to the authority')
    .argument('<findings>', 'findings.json of a run')
    .requiredOption('--out <folder>', 'folder for the letters')
    .option('--language <codes...>', 'en, de, fr, es; all four by default')
    .addOption(recipientOption())
    .action(async (findings: string, options: { out: string; language?: string[]; recipient?: string[] }) =>
      writeNotices(findings, options, surroundings),
    );
}

/** The difference of two runs, as text, as JSON, as files. */
async function compareRuns(
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

/** Notices to owners and to the authority. */
async function writeNotices(
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
