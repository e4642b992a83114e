import { Command } from 'commander';
import type { Wiring } from './archive-access.ts';
import { registerCheckCommand } from './check.ts';
import { registerDeviceCommand } from './device.ts';
import { registerImportCommand } from './import.ts';
import { registerInitCommand } from './init.ts';
import type { CommandContext } from './init-context.ts';
import { registerServeCommands } from './serve.ts';
import { registerTrailCommand } from './trail.ts';

/** All commands of `leadglass`. */
export function buildProgram(context: CommandContext, wiring: Wiring): Command {
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
  registerTrailCommand(program, context);
  return program;
}
