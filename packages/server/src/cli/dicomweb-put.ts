import type { Command } from 'commander';
import { type HttpConnection, putFiles, type PutReport, type PutResult } from '../dicomweb-client/index.ts';
import {
  backingOff,
  type ConnectionCommandOptions,
  EXIT,
  IMPLEMENTATION,
  runWithConnection,
  withConnectionOptions,
} from './dicomweb-connection.ts';
import { filesOf } from './import-files.ts';
import { writeJson, formatBytes, printable, type CommandContext } from './init-context.ts';
import { Progress } from './progress.ts';

/** Results shown one by one on a terminal; all are in --json. */
const SHOWN = 20;

interface PutCommandOptions extends ConnectionCommandOptions {
  readonly resend?: boolean;
}

/** `leadglass dicomweb put`: files and folders to a server; run again, it goes on where it ended. */
export async function putCommand(
  connection: HttpConnection,
  paths: readonly string[],
  options: PutCommandOptions,
  context: CommandContext,
): Promise<number> {
  const files: string[] = [];
  const notOnMedium: PutResult[] = [];
  for await (const { path, missing } of filesOf(paths)) {
    if (missing === undefined) files.push(path);
    else
      notOnMedium.push({ path, outcome: 'failed', reason: `refers to ${missing}, which is not beside it` });
  }
  const progress = new Progress(context.stderr, 'put');
  let report: PutReport;
  try {
    report = await putFiles(connection, files, {
      ...backingOff(context),
      implementation: IMPLEMENTATION,
      ...(options.resend === true ? { resend: true } : {}),
      onProgress: ({ counts, bytes }) =>
        progress.update(
          counts.stored + counts.there + counts.failed + counts.skipped,
          files.length,
          formatBytes(bytes),
        ),
    });
  } finally {
    progress.end();
  }
  report.notable.push(...notOnMedium);
  report.counts.failed += notOnMedium.length;
  show(report, files.length, options, context);
  const { stored, there, failed } = report.counts;
  if (report.stoppedBy === undefined && failed === 0) return EXIT.done;
  return stored + there > 0 ? EXIT.inPart : EXIT.failed;
}

function show(report: PutReport, total: number, options: PutCommandOptions, context: CommandContext): void {
  const { counts, bytes, notable, otherFailures, unchecked, stoppedBy } = report;
  const { stored, there, failed, skipped } = counts;
  if (options.json === true) {
    const stopped = stoppedBy === undefined ? {} : { stoppedBy: stoppedBy.code };
    const others = otherFailures.size === 0 ? {} : { otherFailures: [...otherFailures] };
    writeJson(context.stdout, { files: total, ...counts, bytes, notable, ...others, ...stopped });
  } else {
    context.stdout.write(
      `stored ${stored} (${formatBytes(bytes)}), there already ${there}, refused ${failed}, no DICOM ${skipped}, of ${total} files\n`,
    );
    for (const { path, reason = '' } of notable.slice(0, SHOWN)) {
      context.stdout.write(`  ${printable(`${path}: ${reason}`)}\n`);
    }
    if (notable.length > SHOWN)
      context.stdout.write(`  and ${notable.length - SHOWN} more: --json lists all\n`);
  }
  for (const words of otherFailures) {
    context.stderr.write(`leadglass: the server also says: ${printable(words)}\n`);
  }
  if (unchecked !== undefined) {
    context.stderr.write(
      `leadglass: the server does not say what it holds (${unchecked.code}), so all was sent\n`,
    );
  }
  if (stoppedBy !== undefined) context.stderr.write(`leadglass: ${stoppedBy.message}\n`);
}

export function registerPutCommand(dicomweb: Command, context: CommandContext): void {
  withConnectionOptions(dicomweb.command('put'))
    .description('store files: single ones, whole folders, or what a DICOMDIR refers to (STOW-RS)')
    .argument('<url>', 'the base of the service, such as https://HOST:8443/dicom-web')
    .argument('<path...>', 'files, folders, or a DICOMDIR')
    .option('--resend', 'send also what the server says it holds, so that it compares')
    .option('--json', 'print counts and every refusal with its reason')
    .addHelpText('after', PUT_HELP)
    .action(async (url: string, paths: string[], options: PutCommandOptions) => {
      await runWithConnection(context, url, options, (connection) =>
        putCommand(connection, paths, options, context),
      );
    });
}

const PUT_HELP = `
Run again after a break it goes on where it ended: the server is asked which instances it holds, by their UIDs; those
are not sent again. A token that may store and not find is enough: then all is sent, which does no harm.
Exit code: 0 all is stored, 2 in part (run it again), 1 nothing could be stored.`;
