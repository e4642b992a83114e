import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const JOURNAL = 'journal.jsonl';
const RECORD = 'record.jsonl';

/** Whether the folder holds reports and nothing to go on with. */
export function hasFinishedRun(folder: string): boolean {
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  return ['', '.age', '.cms'].some((suffix) => isThere(`findings.json${suffix}`)) && !isThere(JOURNAL);
}

/**
 * What a run writes for itself tells as much as its report. With recipients, the record of a complete run is encrypted
 * like the report, and the journal, which only a run to be resumed needs, is removed. Without, nothing is done.
 */
export async function sealRunFiles(folder: string, recipients: readonly string[]): Promise<void> {
  if (recipients.length === 0) return;
  const { writeFiles } = await import('../report/index.ts');
  const record = join(folder, RECORD);
  await writeFiles(folder, [[RECORD, await readFile(record)]], recipients);
  await rm(record);
  await rm(join(folder, JOURNAL), { force: true });
}
