import type { Command } from 'commander';
import { initialiseInstallation } from '../config/index.ts';
import {
  chooseDataFolder,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

export interface InitOptions extends InstallationOptions {
  readonly host?: readonly string[];
  readonly json?: boolean;
}

/** `leadglass init`: keys, authority, empty archive, first enrolment link. Never overwrites. */
export async function initCommand(options: InitOptions, context: CommandContext): Promise<number> {
  const made = await initialiseInstallation({
    dataFolder: chooseDataFolder(options, context),
    env: context.env,
    ...(options.keyFile === undefined ? {} : { keyFile: options.keyFile }),
    ...(options.host === undefined ? {} : { hosts: options.host }),
    ...(context.clock === undefined ? {} : { clock: context.clock }),
  });
  const { enrolmentUrl, caCertificate, dataFolder } = made;
  if (options.json === true) {
    writeJson(context.stdout, { enrolmentUrl, caCertificate, dataFolder });
    return 0;
  }
  context.stdout.write(
    `Leadglass is set up in ${dataFolder}\n` +
      `  its authority's certificate  ${caCertificate}\n` +
      (made.keyFile === undefined
        ? '  the master key               comes from the passphrase; nothing can be read without it\n'
        : `  the master key               ${made.keyFile}\n` +
          '                               copy it to a safe place now: nothing can be read without it, and it is in no backup of the data\n') +
      `  first administrator          ${enrolmentUrl}\n` +
      '                               once, within 24 hours\n' +
      `next: leadglass serve --data ${dataFolder}, then leadglass device add for each device\n`,
  );
  return 0;
}

export function registerInitCommand(program: Command, context: CommandContext): void {
  program
    .command('init')
    .description(
      'set up a new archive: keys, own authority, empty trail, first enrolment link; never overwrites',
    )
    .option(
      '--data <dir>',
      'the data folder, absent or empty (default: LEADGLASS_DATA, else ./leadglass-data)',
    )
    .option('--key-file <file>', 'where to put the master key; outside the data folder')
    .option('--host <name...>', 'DNS names and addresses under which the archive is reached')
    .option('--json', 'print {"enrolmentUrl","caCertificate","dataFolder"}')
    .addHelpText(
      'after',
      '\nWith LEADGLASS_PASSPHRASE set, the master key is made from it and no key file is written.',
    )
    .action(async (options: InitOptions) => {
      await runCommand(context, async () => await initCommand(options, context));
    });
}
