import type { Command } from 'commander';
import {
  formatNotedHead,
  parseNotedHead,
  readNotedHead,
  verifyTrail,
  type TrailProblemKind,
  type TrailVerification,
} from '../audit-trail/index.ts';
import { openInstallation, TRAIL_KEY_PURPOSE } from '../config/index.ts';
import {
  chooseDataFolder,
  commandSecrets,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

interface HeadOptions extends InstallationOptions {
  readonly json?: boolean;
}

interface VerifyOptions extends HeadOptions {
  readonly head?: string;
}

const MEANING: Readonly<Record<TrailProblemKind, string>> = {
  changed: 'bytes are other than were written',
  dropped: 'entries are missing here',
  reordered: 'entries stand in another order than they were written',
  duplicated: 'an entry stands here twice',
  cut: 'the end of the trail is missing',
  'foreign-key': 'nothing here was written with the key of this installation',
  'head-missing': 'the sealed head was removed',
  'head-changed': 'the sealed head was changed, or is that of another time',
  'rolled-back':
    'it ends before the head that was noted elsewhere: an older copy of the data folder was put back',
  rewritten: 'this entry is not the one whose head was noted elsewhere: it went on from an older copy',
  'unexpected-file': 'a file that does not belong to a trail',
};

/** A bar is redrawn at most this often. */
const REDRAW_INTERVAL_MS = 100;
const BAR_WIDTH = 30;

/** `leadglass trail verify`: exit 0 only if every entry is there and as it was written. Reads only. */
export async function trailVerifyCommand(options: VerifyOptions, context: CommandContext): Promise<number> {
  const noted = options.head === undefined ? {} : { noted: parseNotedHead(options.head) };
  const { folder, key } = await openTrail(options, context);
  const showsBar = context.stderr.isTTY === true && options.json !== true;
  let drawnAt = 0;
  const result = await verifyTrail({ folder, key, ...noted }, ({ entries, bytes, bytesTotal }) => {
    const now = Date.now();
    if (!showsBar || (now - drawnAt < REDRAW_INTERVAL_MS && bytes < bytesTotal)) return;
    drawnAt = now;
    context.stderr.write(`\r${drawBar(bytes, bytesTotal)} ${entries} entries `);
  });
  if (showsBar) context.stderr.write('\n');
  if (options.json === true) writeJson(context.stdout, { ok: result.firstProblem === undefined, ...result });
  else context.stdout.write(describe(result, folder));
  return result.firstProblem === undefined ? 0 : 1;
}

/** `leadglass trail head`: one line to note where nobody who can write in the data folder can change it. */
export async function trailHeadCommand(options: HeadOptions, context: CommandContext): Promise<number> {
  const head = readNotedHead(await openTrail(options, context));
  if (options.json === true)
    writeJson(context.stdout, { entries: head.sequence, head: formatNotedHead(head) });
  else context.stdout.write(`${formatNotedHead(head)}\n`);
  return 0;
}

async function openTrail(
  options: InstallationOptions,
  context: CommandContext,
): Promise<{ folder: string; key: Uint8Array }> {
  const { folders, masterKey } = await openInstallation(
    chooseDataFolder(options, context),
    commandSecrets(options, context),
  );
  return { folder: folders.trail, key: masterKey.derive(TRAIL_KEY_PURPOSE) };
}

function describe(result: TrailVerification, folder: string): string {
  const { firstProblem, entries, checkpoint, unfinishedTail } = result;
  if (firstProblem === undefined) {
    const tail = unfinishedTail
      ? 'an entry after the last checkpoint is not finished: the server is writing, or was stopped hard and will repair it\n'
      : '';
    return `the trail is whole: ${entries} entries, the head vouches for the first ${checkpoint}\n${tail}`;
  }
  const where = firstProblem.segment === undefined ? '' : ` in ${firstProblem.segment}`;
  return (
    `THE TRAIL WAS ALTERED at entry ${firstProblem.sequence}${where}: ${MEANING[firstProblem.kind]} (${firstProblem.kind})\n` +
    `  the ${entries} entries before it are as they were written\n` +
    `  keep ${folder} as evidence, tell the privacy officer, compare with a backup\n`
  );
}

function drawBar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${Math.floor(share * 100)} %`;
}

/** Adds `verify` to the command `trail`, which is made if it is not there yet. */
export function registerTrailCommand(program: Command, context: CommandContext): void {
  const existing = program.commands.find((command) => command.name() === 'trail');
  const trail = existing ?? program.command('trail').description('the memory of who looked');
  const command = (name: string, description: string) =>
    trail
      .command(name)
      .description(description)
      .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
      .option('--key-file <file>', 'the master key, if not where the configuration says')
      .option('--json', 'for programs');
  command('verify', 'check that no entry of the audit trail was changed, dropped or moved; reads only')
    .option(
      '--head <head>',
      'what trail head printed earlier, and was noted elsewhere: the trail must reach it',
    )
    .action(async (options: VerifyOptions) => {
      await runCommand(context, async () => await trailVerifyCommand(options, context));
    });
  command(
    'head',
    'print the end of the trail; noted elsewhere (a daily mail, another machine) it shows when an older copy of the data folder was put back',
  ).action(async (options: HeadOptions) => {
    await runCommand(context, async () => await trailHeadCommand(options, context));
  });
}
