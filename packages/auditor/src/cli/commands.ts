import { Command, CommanderError } from 'commander';
import { registerFilesCommand } from '../files/index.ts';
import { CallError, failureText } from './call-error.ts';
import { listChecks } from './checks-command.ts';
import { registerHistoryCommand } from './history-command.ts';
import { registerReportCommand } from './report-command.ts';
import { compareRuns, writeNotices } from './report-commands.ts';
import { recipientOption } from './report-flags.ts';
import type { Surroundings } from './surroundings.ts';
import { registerScanCommand } from './scan-command.ts';
import { printExample, showScope } from './scope-command.ts';
import { registerWatchCommand } from './watch-command.ts';

/**
 * Builds the command line. Exit codes: 0 the run is complete, 1 it failed or was stopped, 2 it was called wrongly, 3
 * `--fail-on` found something, 4 the scope of a watch has ended.
 */
export function buildProgram(surroundings: Surroundings): Command {
  const { print, printError } = surroundings;
  const program = new Command('leadglass-auditor')
    .description(
      "Finds what an organisation left open, proves it without taking a patient's data, says how to close it.",
    )
    .version(surroundings.version)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError })
    .showHelpAfterError('(add --help for the options and examples)')
    .addHelpText('after', help);
  registerScanCommand(program, surroundings);
  registerReportCommand(program, surroundings);
  program
    .command('checks')
    .description('the manual of all checks: what each sends, what proves it, how to close it')
    .argument('[id]', 'one check only, for instance D05')
    .option('--json', 'as JSON')
    .action((id: string | undefined, options: { json?: true }) => listChecks(id, options, surroundings));
  program
    .command('compare')
    .description('what is new, gone and unchanged between two runs')
    .argument('<old>', 'findings.json of the older run')
    .argument('<new>', 'findings.json of the newer run')
    .option('--out <folder>', 'write compare.html, compare.json and T2.csv there')
    .addOption(recipientOption())
    .option('--json', 'print as JSON')
    .action(
      async (older: string, newer: string, options: { out?: string; recipient?: string[]; json?: true }) =>
        compareRuns(older, newer, options, surroundings),
    );
  program
    .command('letter')
    .description('a notice to each owner with something open, and one to the authority')
    .argument('<findings>', 'findings.json of a run')
    .requiredOption('--out <folder>', 'folder for the letters')
    .option('--language <codes...>', 'en, de, fr, es; all four by default')
    .addOption(recipientOption())
    .action(async (findings: string, options: { out: string; language?: string[]; recipient?: string[] }) =>
      writeNotices(findings, options, surroundings),
    );
  registerFilesCommand(program, {
    stdout: { write: print },
    stderr: { write: printError, isTTY: surroundings.isTerminal },
    environment: surroundings.environment,
    toolVersion: surroundings.version,
    setExitCode: surroundings.fail,
    signal: surroundings.signal,
  });
  registerWatchCommand(program, surroundings);
  registerHistoryCommand(program, surroundings);
  const scope = program.command('scope').description('write or check a scope file');
  scope
    .command('example')
    .description('print a commented scope file')
    .action(() => printExample(surroundings));
  scope
    .command('show')
    .description('read a scope file, resolve its names, and say what a run would do; sends nothing else')
    .argument('<file>', 'scope file')
    .option('--json', 'as JSON')
    .action(async (file: string, options: { json?: true }) => showScope(file, options, surroundings));
  return program;
}

const help = `
Begin with:
  leadglass-auditor scope example > scope.toml     say who allowed it, and which addresses
  leadglass-auditor scope show scope.toml          what a run would do; nothing is sent yet
  leadglass-auditor scan --scope scope.toml --out run-1
  leadglass-auditor letter run-1/findings.json --out letters`;

/** Runs one command line and gives its exit code. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode = 0;
  const program = buildProgram({ ...surroundings, fail: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    surroundings.printError(failureText(error));
    return error instanceof CallError ? 2 : 1;
  }
}
