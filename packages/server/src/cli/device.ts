import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import {
  installationFolders,
  openInstallationKey,
  readConfig,
  readInstallationRecord,
} from '../config/index.ts';
import {
  DeviceRegistry,
  DEVICES_KEY_PURPOSE,
  IdentityError,
  parseAETitle,
  type Device,
} from '../identity/index.ts';
import {
  deviceAddCommand,
  deviceRenewCommand,
  openSecrets,
  type DeviceAddOptions,
  type DeviceRenewOptions,
} from './device-add.ts';
import {
  chooseDataFolder,
  CommandError,
  commandSecrets,
  formatDay,
  formatTable,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

/** In the trail, where a change concerns the whole list. */
const ALL_DEVICES = '*';

interface ListOptions extends InstallationOptions {
  readonly json?: boolean;
}

interface RevokeOptions extends ListOptions {
  readonly serial?: string;
}

interface SealOptions extends InstallationOptions {
  readonly yes?: boolean;
}

/**
 * Listing and revoking need no key, and no valid seal: in an emergency nothing may stand in the way of closing a door,
 * and who is to vouch for a list must see it. With the key at hand a revocation is sealed, and a wrong seal is said.
 */
function openRegistry(options: InstallationOptions, context: CommandContext): DeviceRegistry {
  const folders = installationFolders(chooseDataFolder(options, context));
  const record = readInstallationRecord(folders);
  const clock = context.clock === undefined ? {} : { clock: context.clock };
  let key: Uint8Array | undefined;
  try {
    const config = readConfig(
      options.config ?? (existsSync(folders.configFile) ? folders.configFile : undefined),
    );
    const secrets = commandSecrets(options, context);
    key = openInstallationKey(folders, record, config, secrets).masterKey.derive(DEVICES_KEY_PURPOSE);
    return DeviceRegistry.open(folders.registryFile, { ...clock, key });
  } catch (error) {
    const registry = DeviceRegistry.open(folders.registryFile, clock);
    const isAboutSeal = key !== undefined && error instanceof IdentityError;
    const what = isAboutSeal ? error.message : 'without the master key the seal of the list is not checked';
    context.stderr.write(`leadglass: ${what}\n`);
    return registry;
  }
}

/** `leadglass device seal`: somebody with the key vouches for the list as it stands. */
export async function deviceSealCommand(options: SealOptions, context: CommandContext): Promise<number> {
  const { installation } = await openSecrets(options, context);
  const { registryFile } = installation.folders;
  const { length } = DeviceRegistry.open(registryFile).devices();
  if (options.yes !== true) {
    throw new CommandError(
      'BAD_ARGUMENT',
      `look at all ${length} devices first: leadglass device list. Is each of them meant to be there, with what it may do? ` +
        'Then: leadglass device seal --yes',
    );
  }
  await DeviceRegistry.seal(registryFile, installation.masterKey.derive(DEVICES_KEY_PURPOSE));
  context.stdout.write(`the list of ${length} devices is sealed\n`);
  return 0;
}

/** `leadglass device list`. */
export async function deviceListCommand(options: ListOptions, context: CommandContext): Promise<number> {
  const devices = openRegistry(options, context).devices();
  if (options.json === true) {
    writeJson(context.stdout, { devices });
    return await Promise.resolve(0);
  }
  if (devices.length === 0) {
    context.stdout.write('no devices; add one with: leadglass device add AET --may echo,store --out DIR\n');
    return 0;
  }
  const now = (context.clock ?? Date.now)();
  const rows = devices.map((device) => [
    device.aeTitle,
    stateOf(device, now),
    device.verbs.join(','),
    reach(device),
  ]);
  context.stdout.write(formatTable([['AE TITLE', 'STATE', 'MAY', 'C-MOVE TO'], ...rows]));
  return 0;
}

/** `leadglass device revoke`: from now on refused; a running server ends its associations at once. */
export async function deviceRevokeCommand(
  text: string,
  options: RevokeOptions,
  context: CommandContext,
): Promise<number> {
  const aeTitle = parseAETitle(text);
  const device = await openRegistry(options, context).revoke(aeTitle, options.serial);
  if (options.json === true) writeJson(context.stdout, { aeTitle, revoked: options.serial ?? 'device' });
  else if (options.serial === undefined) context.stdout.write(`${aeTitle} is revoked\n`);
  else {
    const left = device.certificates.filter((entry) => entry.revokedAt === undefined).length;
    context.stdout.write(`that certificate of ${aeTitle} is revoked; ${left} still open the door\n`);
  }
  return 0;
}

function stateOf(device: Device, now: number): string {
  if (device.revokedAt !== undefined) return `revoked ${formatDay(device.revokedAt)}`;
  if (device.plain !== undefined) return `clear text from ${device.plain.address}`;
  const ends = device.certificates
    .filter((entry) => entry.revokedAt === undefined)
    .map((entry) => Math.min(entry.notAfter, entry.overlapEndsAt ?? entry.notAfter));
  const last = Math.max(...ends, 0);
  if (last === 0) return 'no valid certificate';
  return last <= now ? `expired ${formatDay(last)}` : `valid until ${formatDay(last)}`;
}

function reach(device: Device): string {
  const { destination } = device;
  if (destination === undefined) return '-';
  return `${destination.host}:${destination.port}${destination.security === 'plain' ? ' (clear text)' : ''}`;
}

export function registerDeviceCommand(program: Command, context: CommandContext): void {
  const device = program.command('device').description('the devices that may speak DICOM with this archive');
  const data = ['--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)'] as const;
  const keyFile = ['--key-file <file>', 'the master key, if not where the configuration says'] as const;
  const out = [
    '--out <dir>',
    'folder for key.pem, cert.pem and ca.pem (default: ./AET-certificate)',
  ] as const;
  const csr = ['--csr <file>', 'sign this request instead of making a key; without --out to stdout'] as const;
  const json = ['--json', 'for programs'] as const;

  device
    .command('add <aet>')
    .description('register a device: a certificate bound to its AE title, and what it may do')
    .requiredOption('--may <verbs>', 'echo,store,find,get,move: any of them, separated by commas')
    .option(...out)
    .option(...csr)
    .option('--host <host>', 'where C-MOVE sends to when it names this device')
    .option('--port <port>', 'its port')
    .option(
      '--pin <sha256>',
      "expect exactly this certificate there, instead of one of this archive's authority",
    )
    .option('--plain', 'an old device that cannot do TLS; needs --from')
    .option('--from <address>', 'the one private or loopback address the old device calls from')
    .option('--called <aet>', 'the AE title the old device calls (default: that of the archive)')
    .option(...data)
    .option(...keyFile)
    .option(...json)
    .action(async (aet: string, options: DeviceAddOptions) => {
      await runCommand(context, recorded('add', aet, options, context, deviceAddCommand));
    });
  device
    .command('list')
    .description('all devices, revoked ones included')
    .option(...data)
    .option(...keyFile)
    .option(...json)
    .action(async (options: ListOptions) => {
      await runCommand(context, async () => await deviceListCommand(options, context));
    });
  device
    .command('revoke <aet>')
    .description('refuse a device, or one of its certificates, from now on')
    .option('--serial <serial>', 'only the certificate with this serial number')
    .option(...data)
    .option(...keyFile)
    .option(...json)
    .action(async (aet: string, options: RevokeOptions) => {
      await runCommand(context, recorded('revoke', aet, options, context, deviceRevokeCommand));
    });
  device
    .command('seal')
    .description('vouch for the list of devices as it stands: after an update, or when its seal is broken')
    .option('--yes', 'every device that device list shows is meant to be there')
    .option(...data)
    .option(...keyFile)
    .action(async (options: SealOptions) => {
      const seal = (_all: string): Promise<number> => deviceSealCommand(options, context);
      await runCommand(context, recorded('seal', ALL_DEVICES, options, context, seal));
    });
  device
    .command('renew <aet>')
    .description('a new certificate for a device; the old one goes on for a while')
    .option(...out)
    .option(...csr)
    .option(
      '--overlap-days <days>',
      'how long the old certificate still opens the door (default: configuration)',
    )
    .option(...data)
    .option(...keyFile)
    .option(...json)
    .action(async (aet: string, options: DeviceRenewOptions) => {
      await runCommand(context, recorded('renew', aet, options, context, deviceRenewCommand));
    });
}

/** A change that was made stands in the trail; one that was refused changed nothing. */
function recorded<Options extends InstallationOptions>(
  change: 'add' | 'revoke' | 'renew' | 'seal',
  aeTitle: string,
  options: Options,
  context: CommandContext,
  command: (aeTitle: string, options: Options, context: CommandContext) => Promise<number>,
): () => Promise<number> {
  return async () => {
    const exitCode = await command(aeTitle, options, context);
    if (exitCode === 0) await context.recordDeviceChange?.(options, aeTitle, change);
    return exitCode;
  };
}
