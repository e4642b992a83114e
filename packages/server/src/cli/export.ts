import { resolve } from 'node:path';
import type { Command } from 'commander';
import { open, textLog, type Wiring } from './archive-access.ts';
import {
  CommandError,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';
import { Progress } from './progress.ts';

interface ExportOptions extends InstallationOptions {
  readonly study: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `leadglass export --study UID --out DIR`: one file an instance, exactly as it was stored. */
export async function exportCommand(
  options: ExportOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const installation = await open(options, context);
  const port = await wiring.operatorPort(installation, { log: textLog(context) });
  const progress = new Progress(context.stderr, 'export');
  try {
    const folder = resolve(options.out);
    const counts = await port.exportStudy(options.study, folder, (done, total) =>
      progress.update(done, total),
    );
    progress.end();
    if (counts.completed + counts.failed === 0) {
      throw new CommandError('BAD_ARGUMENT', 'no such study: ask for its StudyInstanceUID with a query');
    }
    if (options.json) writeJson(context.stdout, { written: counts.completed, failed: counts.failed, folder });
    else
      context.stdout.write(
        `wrote ${counts.completed} files to ${folder}, ${counts.failed} could not be read\n`,
      );
    return counts.failed > 0 ? 1 : 0;
  } finally {
    progress.end();
    await port.close();
  }
}

export function registerExportCommand(program: Command, context: CommandContext, wiring: Wiring): void {
  program
    .command('export')
    .description('write a study as DICOM files, one folder a series; never writes over a file')
    .requiredOption('--study <uid>', 'StudyInstanceUID')
    .requiredOption('--out <dir>', 'where to')
    .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
    .option('--key-file <file>', 'the master key')
    .option('--json', 'print counts')
    .action(async (options: ExportOptions) => {
      await runCommand(context, async () => await exportCommand(options, context, wiring));
    });
}
