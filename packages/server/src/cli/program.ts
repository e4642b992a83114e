import { Command } from 'commander';
import { open, textLog, type Wiring } from './archive-access.ts';
import { registerCheckCommand } from './check.ts';
import { registerDeviceCommand } from './device.ts';
import { registerDicomwebCommand } from './dicomweb.ts';
import { registerImportCommand } from './import.ts';
import { registerExportCommand } from './export.ts';
import { registerInitCommand } from './init.ts';
import type { CommandContext } from './init-context.ts';
import { registerQuarantineCommand } from './quarantine.ts';
import { registerServeCommands } from './serve.ts';
import { registerVerifyCommands } from './verify.ts';
import { registerTokenCommand } from './token.ts';
import { registerTrailCommand } from './trail.ts';

/** All commands of `leadglass`. */
export function buildProgram(given: CommandContext, wiring: Wiring): Command {
  const context = { ...given, recordDeviceChange: deviceChangeRecorder(given, wiring) };
  const program = new Command('leadglass')
    .description('A medical imaging archive that cannot be left open')
    .showSuggestionAfterError()
    .showHelpAfterError('(leadglass COMMAND --help explains)')
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    });
  registerServeCommands(program, context, wiring);
  registerInitCommand(program, context);
  registerDeviceCommand(program, context);
  registerCheckCommand(program, context);
  registerImportCommand(program, context, wiring);
  registerExportCommand(program, context, wiring);
  registerDicomwebCommand(program, context);
  registerVerifyCommands(program, context, wiring);
  registerQuarantineCommand(program, context, wiring);
  registerTokenCommand(program, context);
  registerTrailCommand(program, context);
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
