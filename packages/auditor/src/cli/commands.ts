import { Command, CommanderError } from 'commander';
import { CallError, failureText } from './call-error.ts';
import type { Surroundings } from './surroundings.ts';

type Register = (program: Command, surroundings: Surroundings) => void;

/** The commands, in the order of the help. Each is loaded when it is called: together they take a second to start. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  scan: async () => (await import('./scan-command.ts')).registerScanCommand,
  report: async () => (await import('./report-command.ts')).registerReportCommand,
  checks: async () => (await import('./checks-command.ts')).registerChecksCommand,
  compare: async () => (await import('./report-commands.ts')).registerCompareCommand,
  letter: async () => (await import('./report-commands.ts')).registerLetterCommand,
  files: async () => (await import('./files-command.ts')).registerFiles,
  watch: async () => (await import('./watch-command.ts')).registerWatchCommand,
  history: async () => (await import('./history-command.ts')).registerHistoryCommand,
  scope: async () => (await import('./scope-command.ts')).registerScopeCommand,
};

/**
 * Builds the command line with the command that the arguments begin with; with all of them when they begin with none,
 * which is help or a mistake. Exit codes: 0 the run is complete, 1 it failed or was stopped, 2 it was called wrongly, 3
 * `--fail-on` found something, 4 the scope of a watch has ended.
 */
async function buildProgram(args: readonly string[], surroundings: Surroundings): Promise<Command> {
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
  const called = Object.entries(commands).filter(([name]) => name === args[0]);
  for (const [, load] of called.length === 0 ? Object.entries(commands) : called) {
    const register = await load();
    register(program, surroundings);
  }
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
  const program = await buildProgram(args, { ...surroundings, fail: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    surroundings.printError(failureText(error));
    return error instanceof CallError ? 2 : 1;
  }
}
