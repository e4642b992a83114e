import type { Command } from 'commander';
import { checks } from '../checks/index.ts';
import { Watch, WatchError, loadWatchConfig, systemdExample, watchExample } from '../watch/index.ts';
import { allMetas } from './all-metas.ts';
import { ProgressDisplay } from './progress-display.ts';
import type { Surroundings } from './surroundings.ts';

interface WatchCommandOptions {
  readonly config: string;
  readonly once?: true;
  readonly json?: true;
  readonly example?: true;
  readonly exampleSystemd?: true;
}

/** A supervisor need not start the watch again: the scope has ended. */
const SCOPE_ENDED_CODE = 4;

/** Adds `watch`. */
export function registerWatchCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('watch')
    .description('repeat the audit of a scope on a schedule; tell what is new, worse and gone')
    .option('--config <file>', 'what to watch and whom to tell; `watch --example` prints one', 'watch.toml')
    .option('--once', 'one run now, then end: for cron and systemd timers')
    .option('--json', 'with --once: print a summary a program can read')
    .option('--example', 'print a commented watch.toml')
    .option('--example-systemd', 'print a systemd service, and a timer')
    .addHelpText('after', help)
    .action(async (options: WatchCommandOptions) => runWatchCommand(options, surroundings));
}

const help = `
Examples:
  leadglass-auditor watch --example > watch.toml
  leadglass-auditor watch --once                   the first run: what the next one is compared with
  leadglass-auditor watch                          from now on by its schedule; Ctrl-C stops at once
  leadglass-auditor history                        what became of it

A run that was stopped or killed is gone on with at the next start. One that was missed is made up once.

Exit codes: 0 stopped between two runs (--once: the run is complete), 1 failed or stopped amid a run, 2 called wrongly,
4 the scope has ended.`;

async function runWatchCommand(options: WatchCommandOptions, surroundings: Surroundings): Promise<void> {
  const { print, printError, isTerminal, fail } = surroundings;
  if (options.example === true || options.exampleSystemd === true) {
    print(options.example === true ? watchExample : systemdExample);
    return;
  }
  const progress = isTerminal ? new ProgressDisplay(printError) : undefined;
  try {
    using watch = new Watch({
      config: loadWatchConfig(options.config, surroundings.environment),
      checks,
      metas: allMetas,
      toolVersion: surroundings.version,
      resolver: surroundings.resolver,
      signal: surroundings.signal,
      now: () => new Date(),
      random: Math.random,
      log: (line) => {
        progress?.end();
        printError(`${new Date().toISOString()} ${line}\n`);
      },
      ...(progress === undefined ? {} : { onProgress: progress.draw }),
    });
    if (options.once === true) await runOnce(watch, options, surroundings);
    else if ((await watch.repeat()) === 'amid-a-run') fail(1);
  } catch (error) {
    if (!(error instanceof WatchError && error.code === 'SCOPE_ENDED')) throw error;
    printError(`leadglass-auditor: ${error.message}\n`);
    fail(SCOPE_ENDED_CODE);
  }
}

async function runOnce(
  watch: Watch,
  { json }: WatchCommandOptions,
  { print, fail }: Surroundings,
): Promise<void> {
  const result = await watch.once();
  if (json === true) {
    const { run, outcome } = result;
    const changes = result.outcome === 'complete' ? { changes: result.delta.counts } : {};
    print(`${JSON.stringify({ run, outcome, ...changes })}\n`);
  }
  if (result.outcome !== 'complete') fail(1);
}
