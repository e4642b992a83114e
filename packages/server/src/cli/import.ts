import { resolve } from 'node:path';
import type { Command } from 'commander';
import { open, textLog, type Wiring } from './archive-access.ts';
import type { ImportOutcome, ImportResult } from '../operations/index.ts';
import { filesOf, type FoundFile } from './import-files.ts';
import {
  printable,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';
import { Progress } from './progress.ts';

/** Files on their way in at once: one waits for the disk while another is read. */
const PARALLEL = 4;
/** Refusals shown one by one on a terminal; all are in --json. */
const SHOWN = 20;

interface ImportOptions extends InstallationOptions {
  readonly json?: boolean;
}

/** `leadglass import PATH...`: files, folders, a DICOMDIR. */
export async function importCommand(
  paths: readonly string[],
  options: ImportOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const files: FoundFile[] = [];
  for await (const file of filesOf(paths)) files.push({ ...file, path: resolve(file.path) });
  const installation = await open(options, context);
  const port = await wiring.operatorPort(installation, { log: textLog(context) });
  const counts: Record<ImportOutcome, number> = {
    stored: 0,
    identical: 0,
    conflict: 0,
    refused: 0,
    skipped: 0,
  };
  const refused: ImportResult[] = [];
  const progress = new Progress(context.stderr, 'import');
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const result = file.missing === undefined ? await port.importFile(file.path) : notOnMedium(file);
      counts[result.outcome]++;
      if (result.reason !== undefined) refused.push(result);
      progress.update(++done, files.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, work));
  } finally {
    progress.end();
    await port.close();
  }
  report(context, options, counts, refused);
  return counts.refused + counts.conflict > 0 ? 1 : 0;
}

/** What a DICOMDIR promises and does not hold must not look like a complete import. */
const notOnMedium = ({ path, missing }: FoundFile): ImportResult => ({
  path,
  outcome: 'refused',
  reason: 'REFERENCED_FILE_MISSING',
  detail: `refers to ${missing ?? ''}, which is not beside it`,
});

function report(
  context: CommandContext,
  options: ImportOptions,
  counts: Record<ImportOutcome, number>,
  refused: readonly ImportResult[],
): void {
  if (options.json) {
    writeJson(context.stdout, { ...counts, refusals: refused });
    return;
  }
  context.stdout.write(
    `stored ${counts.stored}, held already ${counts.identical}, in quarantine ${counts.conflict}, ` +
      `refused ${counts.refused}, no DICOM ${counts.skipped}\n`,
  );
  const shown = refused.filter(({ outcome }) => outcome !== 'skipped');
  for (const { path, reason, detail } of shown.slice(0, SHOWN)) {
    context.stdout.write(`  ${printable(`${path}: ${detail ?? reason ?? ''}`)}\n`);
  }
  if (shown.length > SHOWN) context.stdout.write(`  and ${shown.length - SHOWN} more: --json lists all\n`);
}

export function registerImportCommand(program: Command, context: CommandContext, wiring: Wiring): void {
  program
    .command('import')
    .description('store files: single ones, whole folders, or what a DICOMDIR refers to')
    .argument('<path...>', 'files, folders, or a DICOMDIR')
    .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
    .option('--key-file <file>', 'the master key')
    .option('--json', 'print counts and every refusal with its reason')
    .action(async (paths: string[], options: ImportOptions) => {
      await runCommand(context, async () => await importCommand(paths, options, context, wiring));
    });
}
