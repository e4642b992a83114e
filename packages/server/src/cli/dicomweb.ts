import type { Command } from 'commander';
import { registerGetCommand } from './dicomweb-get.ts';
import { registerPutCommand } from './dicomweb-put.ts';
import { registerSearchCommand } from './dicomweb-search.ts';
import type { CommandContext } from './init-context.ts';

/** `leadglass dicomweb`: a client of any DICOMweb service; it needs no installation on this machine. */
export function registerDicomwebCommand(program: Command, context: CommandContext): void {
  const dicomweb = program
    .command('dicomweb')
    .description('search, get and store at any DICOMweb service, over HTTPS');
  registerSearchCommand(dicomweb, context);
  registerGetCommand(dicomweb, context);
  registerPutCommand(dicomweb, context);
}
