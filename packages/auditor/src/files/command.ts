import { lstat, open } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ScanReport } from '../findings/index.ts';
import { auditFiles } from './audit-files.ts';
import type { FilesProgress } from './audit-files.ts';
import { clamdAddress, findClamd } from './clamd.ts';
import type { ClamdAddress } from './clamd.ts';
import { fileCheckMetas } from './file-check-metas.ts';
import { nameOf, reportOf } from './files-result.ts';
import type { FilesResult, RootResult } from './files-result.ts';
import { ProgressLine } from './progress-line.ts';
import type { Totals } from './progress-line.ts';
import type { S3Environment } from './s3-access.ts';
import { walkFolder } from './walk-folder.ts';

/** Writes the reports that the flags asked for. */
export type ReportWriter = (report: ScanReport, folder: string) => Promise<unknown>;

/** The flags with which a scan's reports are asked for, too. */
export interface ReportFlagReader {
  /** Adds them to a command. */
  readonly addTo: (command: Command) => Command;
  /** Reads what they name before the first file is. Throws what is wrong with them. */
  readonly read: (options: object, folder: string) => Promise<ReportWriter>;
  /** Those that were given, by name: '--recipient'. */
  readonly given: (options: object) => readonly string[];
}

/** What the command uses of the process; given by main. */
export interface FilesCommandContext {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly environment: S3Environment & { readonly USER?: string | undefined };
  readonly toolVersion: string;
  readonly reportFlags: ReportFlagReader;
  /** Called with the exit code: 0 nothing exposed, 1 something is, 2 the run could not be made or was interrupted. */
  readonly setExitCode: (code: number) => void;
  readonly signal?: AbortSignal;
}

interface FilesOptions {
  readonly out?: string;
  readonly reports?: string;
  readonly json?: true;
  readonly showPaths?: true;
  readonly workers: string;
  readonly clamd: string;
  readonly s3Endpoint?: string;
}

/** Adds `files PATH...`. */
export function registerFilesCommand(program: Command, context: FilesCommandContext): void {
  const command = program
    .command('files')
    .description(
      'Look for identifiers and hostile content in DICOM files; nothing is changed, nothing is copied',
    )
    .argument('<path...>', 'folders, mounts, CD images, ZIP archives, files, or s3://BUCKET/PREFIX')
    .option('--json', 'print the report as JSON (findings.json of a scan)')
    .option('--out <file>', 'write the report as JSON to a new file, for its owner only')
    .option(
      '--show-paths',
      "name files by their paths; paths may hold patients' names, so that they are numbered else",
    )
    .option('--workers <n>', 'threads that read (1 to 8)', '2')
    .option('--clamd <where>', "clamd's socket, 127.0.0.1:PORT, 'auto' or 'off'", 'auto')
    .option('--s3-endpoint <url>', 'object store other than Amazon S3')
    .option('--reports <folder>', 'write findings.json and the reports there; the flags below say which');
  context.reportFlags
    .addTo(command)
    .addHelpText('after', help)
    .action(async (paths: string[], options: FilesOptions) => {
      try {
        await run(paths, options, context);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        context.stderr.write(`leadglass-auditor files: ${error.message}\n`);
        context.setExitCode(2);
      }
    });
}

const help = `
Examples:
  leadglass-auditor files /mnt/archive
  leadglass-auditor files /mnt/archive --reports files-1
  leadglass-auditor files /mnt/archive --reports files-2 --compare-with files-1/findings.json --format html csv
  leadglass-auditor files /mnt/archive --reports for-cert --audience authority --recipient age1...

Files are named by their number in the walk (#17; #17!3 is the third file inside it), because paths often hold names.
Run again with --show-paths to see which they are. Values of attributes are never printed or kept.
Object stores: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; the bucket is only listed and read.
Exit code: 0 nothing found, 1 something found, 2 not all could be looked at.`;

async function run(paths: string[], options: FilesOptions, context: FilesCommandContext): Promise<void> {
  const workerCount = Number(options.workers);
  if (!Number.isInteger(workerCount) || workerCount < 1 || workerCount > 8) {
    throw new RangeError('--workers: give a number from 1 to 8');
  }
  const clamd = clamdOf(options.clamd);
  const writeReports = await reportWriterOf(options, context);
  const line = new ProgressLine(context.stderr, totalsOf(paths, context.stderr.isTTY === true));
  const result = await auditFiles({
    paths,
    workerCount,
    showPaths: options.showPaths === true,
    s3Environment: context.environment,
    onProgress: (progress: FilesProgress) => {
      line.update(progress);
    },
    ...(clamd === undefined ? {} : { clamd }),
    ...(options.s3Endpoint === undefined ? {} : { s3Endpoint: options.s3Endpoint }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  line.end();
  const report = reportOf(result, {
    toolVersion: context.toolVersion,
    operator: context.environment.USER ?? '',
  });
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  if (options.out !== undefined) await writeNew(options.out, json);
  await writeReports(report);
  context.stdout.write(options.json === true ? json : textOf(result));
  if (options.reports !== undefined && options.json !== true)
    context.stdout.write(`Reports are in ${options.reports}\n`);
  context.setExitCode(exitCodeOf(result));
}

/** @throws RangeError when flags ask for reports, and nothing says where to */
async function reportWriterOf(
  options: FilesOptions,
  { reportFlags }: FilesCommandContext,
): Promise<(report: ScanReport) => Promise<unknown>> {
  const { reports } = options;
  if (reports === undefined) {
    const [first] = reportFlags.given(options);
    if (first === undefined) return () => Promise.resolve();
    throw new RangeError(`${first}: add --reports FOLDER, where the reports are written`);
  }
  const write = await reportFlags.read(options, reports);
  return (report) => write(report, reports);
}

function clamdOf(where: string): ClamdAddress | undefined {
  if (where === 'off') return undefined;
  return where === 'auto' ? findClamd() : clamdAddress(where);
}

/** A file that is there already is not overwritten, and nobody else may read the new one. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch(() => {
    throw new RangeError('--out: the file is there already, or its folder is not');
  });
  await file.writeFile(text);
  await file.close();
}

/** Counts ahead of the reading, so that a terminal can show how much is left. */
function totalsOf(paths: readonly string[], isWanted: boolean): Totals {
  const totals: Totals = { files: 0, bytes: 0, isComplete: false };
  if (isWanted && !paths.some((path) => path.startsWith('s3://'))) {
    void countAhead(paths, totals).catch(() => undefined);
  }
  return totals;
}

async function countAhead(paths: readonly string[], totals: Totals): Promise<void> {
  for (const path of paths) {
    for await (const file of walkFolder(path, () => undefined)) {
      const status = await lstat(file.path).catch(() => undefined);
      totals.files++;
      totals.bytes += status?.size ?? 0;
    }
  }
  totals.isComplete = true;
}

function exitCodeOf(result: FilesResult): number {
  if (!result.complete || result.roots.some((root) => root.failure !== undefined)) return 2;
  if (result.findings.some((finding) => finding.outcome === 'exposed')) return 1;
  return result.findings.some((finding) => finding.outcome === 'inconclusive' || finding.outcome === 'error')
    ? 2
    : 0;
}

function textOf(result: FilesResult): string {
  const lines = result.roots.flatMap((root) => rootText(root, result));
  if (!result.complete) lines.push('Interrupted: what is absent was not looked at.');
  return `${lines.join('\n')}\n`;
}

function rootText(root: RootResult, result: FilesResult): string[] {
  const { tally, label } = root;
  const megabytes = Math.round(tally.bytes / 1e6);
  const lines = [
    `${label}: ${tally.files} files, ${megabytes} MB, ${tally.members} inside archives and images; ` +
      `${tally.kinds.dicom} DICOM, ${tally.kinds.dicomdir} DICOMDIR, ${tally.kinds.other} other`,
  ];
  if (root.failure !== undefined) lines.push(`  could not be read to its end: ${root.failure}`);
  for (const [code, count] of Object.entries(tally.problems)) lines.push(`  not looked at: ${count} ${code}`);
  for (const [code, count] of Object.entries(tally.damaged)) lines.push(`  damaged: ${count} ${code}`);
  for (const meta of fileCheckMetas) {
    const finding = result.findings.find((one) => one.system === label && one.check === meta.id);
    if (finding === undefined) continue;
    lines.push(`  ${meta.id} ${finding.outcome.padEnd(13)} ${meta.title}`);
    const kinds = Object.entries(tally.notes[meta.id] ?? {});
    for (const [kind, { exposes, files, places }] of kinds) {
      lines.push(
        `      ${exposes ? '!' : ' '} ${kind}: ${files} files${places > files ? `, ${places} places` : ''}`,
      );
    }
    const flagged = tally.flagged.filter((file) => file.check === meta.id);
    for (const file of flagged) lines.push(`        ${nameOf(file)}: ${file.kinds.join(', ')}`);
  }
  return lines;
}
