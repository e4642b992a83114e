import { mkdirSync } from 'node:fs';
import { readScanReport } from '../findings/index.ts';
import { compareReports, languages, writeComparison, writeLetters } from '../report/index.ts';
import { allMetas } from './all-metas.ts';
import type { Surroundings } from './surroundings.ts';

/** `compare`: the difference of two runs, as text, as JSON, as files. */
export async function compareRuns(
  older: string,
  newer: string,
  options: { out?: string; json?: true },
  surroundings: Surroundings,
): Promise<void> {
  const report = compareReports(await readScanReport(older), await readScanReport(newer), {
    metas: allMetas,
  });
  if (options.out !== undefined) {
    mkdirSync(options.out, { recursive: true, mode: 0o700 });
    await writeComparison(report, options.out);
  }
  surroundings.print(options.json === true ? report.json : report.text);
}

/** `letter`: notices to owners and to the authority. */
export async function writeNotices(
  findings: string,
  options: { out: string; language?: string[] },
  surroundings: Surroundings,
): Promise<void> {
  const wanted = languages.filter((language) => options.language?.includes(language) ?? true);
  if (wanted.length === 0) throw new Error(`--language: ${languages.join(', ')}`);
  mkdirSync(options.out, { recursive: true, mode: 0o700 });
  const paths = await writeLetters(await readScanReport(findings), options.out, {
    metas: allMetas,
    languages: wanted,
  });
  surroundings.print(paths.map((path) => `${path}\n`).join(''));
}
