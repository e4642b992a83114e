import type { Command } from 'commander';
import type { VerificationReport } from '../operations/index.ts';
import { open, textLog, type Wiring } from './archive-access.ts';
import {
  formatBytes,
  formatDay,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';
import { Progress } from './progress.ts';

interface JsonOptions extends InstallationOptions {
  readonly json?: boolean;
}

/** Damaged instances named one by one on a terminal; all are in --json. */
const SHOWN = 20;

/** `leadglass verify`: exit 0 only if every byte that was stored reads back. */
export async function verifyCommand(
  options: JsonOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const installation = await open(options, context);
  const port = await wiring.operatorPort(installation, { log: textLog(context) });
  const progress = new Progress(context.stderr, 'verify');
  let report: VerificationReport;
  try {
    report = await port.verify((done) => progress.update(done.packs, done.of, `${done.instances} instances`));
  } finally {
    progress.end();
    await port.close();
  }
  const faults = report.damaged.length + report.unreadable.length + report.notInIndex + report.onlyInIndex;
  if (options.json) writeJson(context.stdout, { ok: faults === 0, ...report });
  else context.stdout.write(describe(report, faults));
  return faults === 0 ? 0 : 1;
}

function describe(report: VerificationReport, faults: number): string {
  const lines = [
    `${report.instances} instances in ${report.packs} packs, ${formatBytes(report.bytes)}, read back` +
      `; ${report.quarantined} in quarantine, ${report.dropped} dropped from it, ${report.erased} erased on purpose`,
  ];
  if (faults === 0) {
    const what = report.replaced.length === 0 ? 'everything' : 'everything that is held';
    lines.push(`${what} is as it was stored`);
  }
  for (const { sopInstanceUID, packID, offset } of report.damaged.slice(0, SHOWN)) {
    lines.push(`  DAMAGED ${sopInstanceUID} (pack ${packID}, byte ${offset}): restore it from a backup`);
  }
  for (const { sopInstanceUID, packID, offset } of report.replaced.slice(0, SHOWN)) {
    lines.push(
      `  damaged, replaced since: ${sopInstanceUID} (pack ${packID}, byte ${offset}); nothing is lost`,
    );
  }
  for (const { sopInstanceUID, dataSetLength, receivedAtMs, sourceAETitle } of report.quarantine.slice(
    0,
    SHOWN,
  )) {
    const sender = sourceAETitle === undefined ? '' : ` from ${sourceAETitle}`;
    lines.push(
      `  in quarantine: another data set under ${sopInstanceUID}, ${formatBytes(dataSetLength)}, received ${formatDay(receivedAtMs)}${sender}`,
    );
  }
  for (const { packID, from, to } of report.unreadable.slice(0, SHOWN)) {
    lines.push(`  NOT READABLE pack ${packID}, bytes ${from} to ${to}`);
  }
  if (report.notInIndex + report.onlyInIndex > 0) {
    lines.push(
      `  the index differs: ${report.notInIndex} instances are missing in it, ${report.onlyInIndex} are in it alone` +
        '; run leadglass rebuild-index',
    );
  }
  return `${lines.join('\n')}\n`;
}

/** `leadglass rebuild-index`: from the packs alone. */
export async function rebuildIndexCommand(
  options: JsonOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const installation = await open(options, context);
  const progress = new Progress(context.stderr, 'rebuild-index');
  try {
    const report = await wiring.rebuildIndex(installation, {
      log: textLog(context),
      onProgress: (done) => {
        const what = done.finishing ? 'making what it is searched by' : `${done.instances} instances`;
        progress.update(done.packs, done.of, what);
      },
    });
    progress.end();
    if (options.json) writeJson(context.stdout, report);
    else context.stdout.write(`the index was made again: ${report.instances} instances\n`);
    return report.damage + report.incomplete > 0 ? 1 : 0;
  } finally {
    progress.end();
  }
}

export function registerVerifyCommands(program: Command, context: CommandContext, wiring: Wiring): void {
  const common = (name: string): Command =>
    program
      .command(name)
      .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
      .option('--key-file <file>', 'the master key')
      .option('--json', 'print the whole report');
  common('verify')
    .description('read everything back and check it; works while the server runs')
    .action(async (options: JsonOptions) => {
      await runCommand(context, async () => await verifyCommand(options, context, wiring));
    });
  common('rebuild-index')
    .description('make the index again from the packs alone; the server must be stopped')
    .action(async (options: JsonOptions) => {
      await runCommand(context, async () => await rebuildIndexCommand(options, context, wiring));
    });
}
