import type { Command } from 'commander';
import { initialiseInstallation, isInstallation, type ConfigInput } from '../config/index.ts';
import { operatorPrincipal } from '../identity/index.ts';
import { StoreOperation } from '../operations/index.ts';
import { open, type RunningServer, textLog, type Wiring } from './archive-access.ts';
import {
  chooseDataFolder,
  operatorName,
  runCommand,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';
import { Progress } from './progress.ts';

interface ServeOptions extends InstallationOptions {
  readonly httpsPort?: string;
  readonly dicomTlsPort?: string;
  readonly demo?: boolean;
}

/** Signals that ask for an orderly end. A second one ends at once. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** `leadglass serve`: answers until it is told to stop. */
export async function serveCommand(
  options: ServeOptions,
  context: CommandContext,
  wiring: Wiring,
  stop: (stopNow: () => void) => void = onStopSignal,
): Promise<number> {
  const installation = await open(options, context, { overrides: overridesOf(options) });
  const log = textLog(context);
  let fatal: ((error: Error) => void) | undefined;
  const died = new Promise<Error>((resolve) => (fatal = resolve));
  const server = await wiring.startServer(installation, { log, onFatal: (error) => fatal?.(error) });
  if (options.demo) await loadDemo(server, context);
  const { host } = installation.config.https;
  const dicomHost = installation.config.dimse.tls.host;
  // Before it says that it is ready: whoever reads that may tell it to stop in the same moment.
  const asked = new Promise<undefined>((resolve) => stop(() => resolve(undefined)));
  context.stdout.write(
    `ready https=${hostPort(host, server.httpsPort)} dicom-tls=${hostPort(dicomHost, server.dicomTLSPort)}\n`,
  );
  const error = await Promise.race([asked, died]);
  if (error) {
    log('error', 'the archive cannot store any more and stops', { reason: error.name });
    // Doors that stay open keep the process alive, and devices believing in an archive that takes nothing.
    await server.close().catch(() => undefined);
    return 1;
  }
  log('info', 'stopping: running associations may finish');
  await server.close();
  return 0;
}

/** `leadglass up`: sets up on first use, then serves. */
export async function upCommand(
  options: ServeOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<number> {
  const dataFolder = chooseDataFolder(options, context);
  if (!isInstallation(dataFolder)) {
    const made = await initialiseInstallation({
      dataFolder,
      env: context.env,
      ...(options.keyFile === undefined ? {} : { keyFile: options.keyFile }),
      ...(context.clock === undefined ? {} : { clock: context.clock }),
    });
    context.stderr.write(
      `leadglass: set up a new archive in ${dataFolder}\n` +
        (made.keyFile === undefined
          ? ''
          : `leadglass: its master key is ${made.keyFile}: copy it to a safe place, nothing can be read without it\n`) +
        `leadglass: first administrator (once, within 24 hours): ${made.enrolmentUrl}\n`,
    );
  }
  return serveCommand({ ...options, data: dataFolder }, context, wiring);
}

function overridesOf(options: ServeOptions): ConfigInput {
  const overrides: ConfigInput = {};
  if (options.httpsPort !== undefined) overrides.https = { port: Number(options.httpsPort) };
  if (options.dicomTlsPort !== undefined) overrides.dimse = { tls: { port: Number(options.dicomTlsPort) } };
  return overrides;
}

const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function onStopSignal(stopNow: () => void): void {
  for (const signal of STOP_SIGNALS) {
    process.once(signal, () => {
      stopNow();
      process.once(signal, () => process.exit(1));
    });
  }
}

/** Synthetic patients, through the same way in as everything else. */
async function loadDemo(server: RunningServer, context: CommandContext): Promise<void> {
  const { demoInstances } = await import('../demo/index.ts');
  const progress = new Progress(context.stderr, 'synthetic patients');
  const caller = { principal: operatorPrincipal(operatorName()) };
  let stored = 0;
  for (const { dataSet, ...source } of demoInstances()) {
    const store = await StoreOperation.open(server.workplace, caller, source, 'import');
    await store.write(dataSet);
    await store.finish();
    progress.update(++stored, stored, 'instances');
  }
  progress.end();
  context.stderr.write(`leadglass: ${stored} instances of synthetic patients are in the archive\n`);
}

export function registerServeCommands(program: Command, context: CommandContext, wiring: Wiring): void {
  const common = (command: Command): Command =>
    command
      .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
      .option('--key-file <file>', 'the master key')
      .option('--config <file>', 'configuration (default: leadglass.toml in the data folder)')
      .option('--https-port <n>', 'port of the web console and DICOMweb; 0 for any free one')
      .option('--dicom-tls-port <n>', 'port of DICOM over TLS; 0 for any free one');
  common(program.command('serve'))
    .description('answer devices and people; prints one line "ready ..." when it does')
    .action(async (options: ServeOptions) => {
      await runCommand(context, async () => await serveCommand(options, context, wiring));
    });
  common(program.command('up'))
    .description('set up on first use, then serve')
    .option('--demo', 'add synthetic patients')
    .action(async (options: ServeOptions) => {
      await runCommand(context, async () => await upCommand(options, context, wiring));
    });
}
