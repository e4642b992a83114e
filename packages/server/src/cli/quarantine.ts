import { uidName } from '@leadglass/dicom';
import type { Command } from 'commander';
import type { OperatorPort } from '../admin/operator-port.ts';
import type { QuarantineComparison, QuarantinedDataSet } from '../operations/index.ts';
import { open, textLog, type Wiring } from './archive-access.ts';
import {
  CommandError,
  formatBytes,
  formatDay,
  formatTable,
  printable,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';
import { Progress } from './progress.ts';
import {
  bytesOf,
  differenceBytesOf,
  named,
  type QuarantineFilter,
  quarantinedDataSets,
} from './quarantine-selection.ts';

/** Asked to be dropped at once: they share commits. */
const PARALLEL = 16;
/** Shown before the question on a terminal. */
const SHOWN = 20;

interface ListOptions extends InstallationOptions, QuarantineFilter {
  readonly json?: boolean;
}

interface DropOptions extends ListOptions {
  readonly yes?: boolean;
}

/** Runs with the archive, whether the server has it or not. */
async function withPort<Result>(
  options: InstallationOptions,
  context: CommandContext,
  wiring: Wiring,
  work: (port: OperatorPort) => Promise<Result>,
): Promise<Result> {
  const installation = await open(options, context);
  const port = await wiring.operatorPort(installation, { log: textLog(context) });
  try {
    return await work(port);
  } finally {
    await port.close();
  }
}

/** `leadglass quarantine list`: what is there, and what is held in its place. */
export async function quarantineListCommand(
  options: ListOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const dataSets = await withPort(options, context, wiring, (port) => quarantinedDataSets(port, options));
  if (options.json) {
    const told = dataSets.map((one) => ({ ...one, differenceBytes: differenceBytesOf(one) ?? null }));
    writeJson(context.stdout, { count: dataSets.length, bytes: bytesOf(dataSets), dataSets: told });
    return 0;
  }
  if (dataSets.length > 0) context.stdout.write(tableOf(dataSets));
  context.stdout.write(`${totalOf(dataSets)} in quarantine\n`);
  return 0;
}

const totalOf = (dataSets: readonly QuarantinedDataSet[]): string =>
  `${dataSets.length} data set${dataSets.length === 1 ? '' : 's'} (${formatBytes(bytesOf(dataSets))})`;

function tableOf(dataSets: readonly QuarantinedDataSet[]): string {
  const rows = dataSets.map((one) => [
    one.name,
    one.recorded ? formatDay(one.recorded.receivedAtMs) : 'unreadable',
    senderOf(one),
    printable(uidName(one.sopClassUID) ?? one.sopClassUID),
    one.recorded ? formatBytes(one.recorded.bytes) : '',
    heldText(one),
    one.sopInstanceUID,
    one.studyInstanceUID,
  ]);
  const head = ['NAME', 'RECEIVED', 'FROM', 'SOP CLASS', 'SIZE', 'BESIDE IT', 'SOP INSTANCE', 'STUDY'];
  return formatTable([head, ...rows]);
}

/** Whoever the trail names, and the AE title where that says more. */
function senderOf({ recorded }: QuarantinedDataSet): string {
  const { sender, sourceAETitle } = recorded ?? {};
  return printable(sender ?? sourceAETitle ?? '');
}

/** How large the one that is held is, seen from this one. */
function heldText(one: QuarantinedDataSet): string {
  const difference = differenceBytesOf(one);
  if (!one.held) return 'nothing held';
  const where = one.held.studyInstanceUID === one.studyInstanceUID ? '' : ', another study';
  const syntax = one.held.transferSyntaxUID === one.transferSyntaxUID ? '' : ', other transfer syntax';
  const size = difference === undefined ? '' : difference === 0 ? 'same length' : signed(difference);
  return `${size}${syntax}${where}`;
}

const signed = (bytes: number): string => `${bytes > 0 ? '+' : '-'}${formatBytes(Math.abs(bytes))}`;

/** `leadglass quarantine show NAME`: how it differs from what is held; tags and sums, no values. */
export async function quarantineShowCommand(
  name: string,
  options: ListOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const shown = await withPort(options, context, wiring, async (port) => {
    const [one] = named(await quarantinedDataSets(port, {}), [name]);
    return one && (await port.compareQuarantined(one.sopInstanceUID, one.name));
  });
  if (!shown) return 1;
  if (options.json) {
    writeJson(context.stdout, { ...shown, differenceBytes: differenceBytesOf(shown) ?? null });
  } else context.stdout.write(describe(shown));
  return 0;
}

function describe(shown: QuarantineComparison): string {
  const { recorded, held, difference } = shown;
  const lines = [
    tableOf([shown]).trimEnd(),
    `SHA-256 ${shown.sha256}, ${recorded?.bytes ?? 0} bytes, in quarantine`,
  ];
  if (!difference || !held) return `${[...lines, 'nothing is held under its UID any more'].join('\n')}\n`;
  lines.push(
    `SHA-256 ${difference.heldSHA256}, ${held.bytes} bytes, held since ${formatDay(held.receivedAtMs)}`,
    `the first byte that differs is ${difference.firstByte}; ${difference.bytes} differ where both have some`,
  );
  if (!difference.attributes) lines.push('in another encoding: attributes cannot be laid side by side');
  for (const { tag, keyword, how } of difference.attributes ?? []) {
    lines.push(`  (${tag.slice(0, 4)},${tag.slice(4)}) ${keyword || 'private or unknown'}: ${how}`);
  }
  if (difference.moreAttributes) lines.push('  and more');
  return `${lines.join('\n')}\n`;
}

/** `leadglass quarantine drop`: for good, after a question. */
export async function quarantineDropCommand(
  names: readonly string[],
  options: DropOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  if (names.length === 0 && options.study === undefined && options.instance === undefined) {
    throw new CommandError('BAD_ARGUMENT', 'say what to drop: names from the list, --study or --instance');
  }
  return await withPort(options, context, wiring, async (port) => {
    const chosen = named(await quarantinedDataSets(port, options), names);
    if (chosen.length > 0 && !(await isMeant(chosen, options, context))) {
      context.stderr.write('leadglass: nothing was dropped\n');
      return 1;
    }
    const { dropped, failed } = await dropAll(port, chosen, context);
    if (options.json) writeJson(context.stdout, { dropped: dropped.map(({ name }) => name), failed });
    else {
      context.stdout.write(`dropped ${totalOf(dropped)} from quarantine\n`);
      for (const { name, reason } of failed) context.stdout.write(`  ${name} was not dropped: ${reason}\n`);
    }
    return failed.length === 0 ? 0 : 1;
  });
}

async function isMeant(
  chosen: readonly QuarantinedDataSet[],
  options: DropOptions,
  { confirm, stderr }: CommandContext,
): Promise<boolean> {
  if (options.yes) return true;
  if (!confirm) {
    throw new CommandError('BAD_ARGUMENT', `${totalOf(chosen)} would be dropped for good: say so with --yes`);
  }
  stderr.write(tableOf(chosen.slice(0, SHOWN)));
  if (chosen.length > SHOWN) stderr.write(`  and ${chosen.length - SHOWN} more\n`);
  return await confirm(`Drop ${totalOf(chosen)} from quarantine for good?`);
}

interface NotDropped {
  readonly name: string;
  readonly reason: string;
}

async function dropAll(port: OperatorPort, chosen: readonly QuarantinedDataSet[], context: CommandContext) {
  const dropped: QuarantinedDataSet[] = [];
  const failed: NotDropped[] = [];
  const progress = new Progress(context.stderr, 'drop');
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = chosen[next++]; one !== undefined; one = chosen[next++]) {
      try {
        await port.dropQuarantined(one.sopInstanceUID, one.name);
        dropped.push(one);
      } catch (error) {
        const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
        failed.push({ name: one.name, reason: typeof code === 'string' ? code : 'UNEXPECTED' });
      }
      progress.update(dropped.length + failed.length, chosen.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, work));
  } finally {
    progress.end();
  }
  return { dropped, failed };
}

export function registerQuarantineCommand(program: Command, context: CommandContext, wiring: Wiring): void {
  const quarantine = program
    .command('quarantine')
    .description('other data sets that came under a UID that is taken: nobody is given them');
  const common = (command: Command): Command =>
    command
      .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
      .option('--key-file <file>', 'the master key')
      .option('--json', 'for programs');
  const filtered = (command: Command): Command =>
    common(command)
      .option('--study <uid>', 'only those of this StudyInstanceUID')
      .option('--instance <uid>', 'only those under this SOPInstanceUID');
  filtered(quarantine.command('list'))
    .description('what is there: who brought it, when, how large, and what is held in its place')
    .action(async (options: ListOptions) => {
      await runCommand(context, async () => await quarantineListCommand(options, context, wiring));
    });
  common(quarantine.command('show <name>'))
    .description('how it differs from what is held: fingerprints and attributes, no values')
    .action(async (name: string, options: ListOptions) => {
      await runCommand(context, async () => await quarantineShowCommand(name, options, context, wiring));
    });
  filtered(quarantine.command('drop [names...]'))
    .description('destroy it, for good; what is held stays as it is')
    .option('--yes', 'without a question')
    .action(async (names: string[], options: DropOptions) => {
      await runCommand(context, async () => await quarantineDropCommand(names, options, context, wiring));
    });
}
