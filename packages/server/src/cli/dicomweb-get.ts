import { resolve } from 'node:path';
import type { Command } from 'commander';
import { getInstances, type GetReport, type HttpConnection } from '../dicomweb-client/index.ts';
import {
  backingOff,
  type ConnectionCommandOptions,
  EXIT,
  runWithConnection,
  withConnectionOptions,
} from './dicomweb-connection.ts';
import { writeJson, formatBytes, printable, type CommandContext } from './init-context.ts';
import { Progress } from './progress.ts';

/** Failures shown one by one on a terminal; all are in --json. */
const SHOWN = 20;

interface GetCommandOptions extends ConnectionCommandOptions {
  readonly study: string;
  readonly series?: string;
  readonly instance?: string;
  readonly output: string;
}

/** `leadglass dicomweb get`: files as they are stored there; run again, it goes on where it ended. */
export async function getCommand(
  connection: HttpConnection,
  options: GetCommandOptions,
  context: CommandContext,
): Promise<number> {
  const folder = resolve(options.output);
  const target = {
    studyInstanceUID: options.study,
    ...(options.series === undefined ? {} : { seriesInstanceUID: options.series }),
    ...(options.instance === undefined ? {} : { sopInstanceUID: options.instance }),
  };
  const progress = new Progress(context.stderr, 'get');
  let report: GetReport;
  try {
    report = await getInstances(connection, target, folder, {
      ...backingOff(context),
      onProgress: ({ there, written, failed, listed, bytes }) =>
        progress.update(there + written + failed.length, listed, formatBytes(bytes)),
    });
  } finally {
    progress.end();
  }
  show(report, folder, options, context);
  if (report.stoppedBy === undefined && report.failed.length === 0) return EXIT.done;
  return report.written + report.there > 0 ? EXIT.inPart : EXIT.failed;
}

function show(report: GetReport, folder: string, options: GetCommandOptions, context: CommandContext): void {
  const { listed, there, written, bytes, failed, stoppedBy } = report;
  if (options.json === true) {
    const stopped = stoppedBy === undefined ? {} : { stoppedBy: stoppedBy.code };
    writeJson(context.stdout, { listed, there, written, bytes, failed, folder, ...stopped });
  } else {
    const missing = listed - there - written;
    context.stdout.write(
      `wrote ${written} files (${formatBytes(bytes)}) to ${folder}; ${there} were there, ${missing} are missing\n`,
    );
    for (const { sopInstanceUID, reason } of failed.slice(0, SHOWN)) {
      context.stdout.write(`  ${printable(sopInstanceUID)}: ${reason}\n`);
    }
    if (failed.length > SHOWN)
      context.stdout.write(`  and ${failed.length - SHOWN} more: --json lists all\n`);
  }
  if (stoppedBy !== undefined) context.stderr.write(`leadglass: ${stoppedBy.message}\n`);
}

export function registerGetCommand(dicomweb: Command, context: CommandContext): void {
  withConnectionOptions(dicomweb.command('get'))
    .description('get a study, a series or an instance as files, bit for bit (WADO-RS)')
    .argument('<url>', 'the base of the service, such as https://HOST:8443/dicom-web')
    .requiredOption('--study <uid>', 'StudyInstanceUID')
    .option('--series <uid>', 'SeriesInstanceUID: only this series')
    .option('--instance <uid>', 'SOPInstanceUID: only this instance')
    .requiredOption('-o, --output <folder>', 'where to: FOLDER/<series>/<instance>.dcm')
    .option('--json', 'print counts and every failure')
    .addHelpText('after', GET_HELP)
    .action(async (url: string, options: GetCommandOptions) => {
      await runWithConnection(context, url, options, (connection) =>
        getCommand(connection, options, context),
      );
    });
}

const GET_HELP = `
Run again after a break it goes on where it ended: files that are there and whole are not asked for again.
Exit code: 0 all is there, 2 in part (run it again), 1 nothing could be had.`;
