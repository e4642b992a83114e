import { Command } from 'commander';
import { open, textLog, type Wiring } from './archive-access.ts';
import type { CommandContext } from './init-context.ts';

type Register = (program: Command, context: CommandContext, wiring: Wiring) => void;

/** The commands, in the order of the help. The server starts sooner without what the others need. */
const commands: readonly { readonly names: readonly string[]; readonly load: () => Promise<Register> }[] = [
  { names: ['serve', 'up'], load: async () => (await import('./serve.ts')).registerServeCommands },
  { names: ['init'], load: async () => (await import('./init.ts')).registerInitCommand },
  { names: ['device'], load: async () => (await import('./device.ts')).registerDeviceCommand },
  { names: ['check'], load: async () => (await import('./check.ts')).registerCheckCommand },
  { names: ['import'], load: async () => (await import('./import.ts')).registerImportCommand },
  { names: ['export'], load: async () => (await import('./export.ts')).registerExportCommand },
  { names: ['dicomweb'], load: async () => (await import('./dicomweb.ts')).registerDicomwebCommand },
  {
    names: ['verify', 'rebuild-index'],
    load: async () => (await import('./verify.ts')).registerVerifyCommands,
  },
  { names: ['quarantine'], load: async () => (await import('./quarantine.ts')).registerQuarantineCommand },
  { names: ['token'], load: async () => (await import('./token.ts')).registerTokenCommand },
  { names: ['trail'], load: async () => (await import('./trail.ts')).registerTrailCommand },
];

/**
 * The command line of `leadglass`, with the command that the arguments begin with; with all of them when they begin
 * with none, which is help or a mistake.
 */
export async function buildProgram(
  args: readonly string[],
  given: CommandContext,
  wiring: Wiring,
): Promise<Command> {
  const context = { ...given, recordDeviceChange: deviceChangeRecorder(given, wiring) };
  const program = new Command('leadglass')
    .description('A medical imaging archive that cannot be left open')
    .showSuggestionAfterError()
    .showHelpAfterError('(leadglass COMMAND --help explains)')
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    });
  const called = commands.filter(({ names }) => names.some((name) => name === args[0]));
  for (const { load } of called.length === 0 ? commands : called) {
    const register = await load();
    register(program, context, wiring);
  }
  return program;
}

/** Through the running server if there is one, else the archive opened for a moment. Revoking must not fail
 *  because the key is not at hand: then the missing trace is said, not hidden. */
function deviceChangeRecorder(
  context: CommandContext,
  wiring: Wiring,
): NonNullable<CommandContext['recordDeviceChange']> {
  const quiet: CommandContext = { ...context, stderr: { write: () => undefined } };
  return async (options, aeTitle, change) => {
    try {
      const installation = await open(options, quiet);
      const port = await wiring.operatorPort(installation, { log: textLog(context) });
      await port.recordDeviceChange(aeTitle, change);
      await port.close();
    } catch (error) {
      const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
      const reason = typeof code === 'string' ? code : 'UNEXPECTED';
      context.stderr.write(`leadglass: done, but it could not be written into the trail: ${reason}\n`);
    }
  };
}
