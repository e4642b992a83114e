import { Command, CommanderError } from 'commander';
import { registerFilesCommand } from '../files/index.ts';
import { listChecks } from './checks-command.ts';
import { compareRuns, writeNotices } from './report-commands.ts';
import type { Surroundings } from './surroundings.ts';
import { runScanCommand } from './scan-command.ts';
import { printExample, showScope } from './scope-command.ts';

/** Builds the command line. Exit codes: 0 the run is complete, 1 it failed or was stopped, 2 it was called wrongly. */
export function buildProgram(surroundings: Surroundings): Command {
  const { print, printError } = surroundings;
  const program = new Command('leadglass-auditor')
    .description(
      "Finds what an organisation left open, proves it without taking a patient's data, says how to close it.",
    )
    .version(surroundings.version)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError });
  program
    .command('scan')
    .description('examine the addresses of a scope file; nothing is sent outside it')
    .requiredOption('--scope <file>', 'scope file; `scope example` prints one')
    .requiredOption('--out <folder>', 'folder for findings.json, the reports, journal and record')
    .option('--resume', 'go on with the interrupted run of this folder')
    .option(
      '--ports-from <file>',
      'take open ports from masscan, zmap or nmap output instead of the own sweep',
    )
    .option('--json', 'print a summary a program can read')
    .action(
      async (options: { scope: string; out: string; resume?: true; portsFrom?: string; json?: true }) => {
        await runScanCommand(options, surroundings);
      },
    );
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
    .option('--json', 'print as JSON')
    .action(async (older: string, newer: string, options: { out?: string; json?: true }) =>
      compareRuns(older, newer, options, surroundings),
    );
  program
    .command('letter')
    .description('a notice to each owner with something open, and one to the authority')
    .argument('<findings>', 'findings.json of a run')
    .requiredOption('--out <folder>', 'folder for the letters')
    .option('--language <codes...>', 'en, de, fr, es; all four by default')
    .action(async (findings: string, options: { out: string; language?: string[] }) =>
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

/** Runs one command line and gives its exit code. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode = 0;
  const program = buildProgram({ ...surroundings, fail: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    surroundings.printError(
      `leadglass-auditor: ${error instanceof Error ? error.message : 'unknown failure'}\n`,
    );
    return 1;
  }
}
