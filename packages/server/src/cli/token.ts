import type { Command } from 'commander';
import {
  installationFolders,
  openInstallationKey,
  readConfig,
  readInstallationRecord,
} from '../config/index.ts';
import {
  IdentityError,
  parseDuration,
  ROLES,
  TokenRegistry,
  TOKENS_KEY_PURPOSE,
  tokensFileOf,
  type Token,
} from '../identity/index.ts';
import {
  chooseDataFolder,
  CommandError,
  commandSecrets,
  formatTable,
  runCommand,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

interface CreateOptions extends InstallationOptions {
  readonly for: string;
  readonly may?: string;
  readonly role?: string;
  readonly expires: string;
  readonly json?: boolean;
}

interface ListOptions extends InstallationOptions {
  readonly json?: boolean;
}

function openTokens(options: InstallationOptions, context: CommandContext): TokenRegistry {
  const folders = installationFolders(chooseDataFolder(options, context));
  const record = readInstallationRecord(folders);
  const config = readConfig(options.config ?? folders.configFile);
  const { masterKey } = openInstallationKey(folders, record, config, commandSecrets(options, context));
  return new TokenRegistry(
    tokensFileOf(folders.identity),
    masterKey.derive(TOKENS_KEY_PURPOSE),
    context.clock ?? Date.now,
  );
}

/** `leadglass token create`: the token is printed once and kept nowhere. */
export async function tokenCreateCommand(options: CreateOptions, context: CommandContext): Promise<number> {
  const verbs = verbsOf(options);
  const validityMs = parseDuration(options.expires);
  const { token, record } = await openTokens(options, context).create({
    name: options.for,
    verbs,
    validityMs,
  });
  const expires = new Date(record.expiresAt).toISOString();
  await context.recordDeviceChange?.(options, `token ${record.id}`, 'add');
  if (options.json === true) {
    writeJson(context.stdout, { token, expires, id: record.id });
    return 0;
  }
  context.stdout.write(`${token}\n`);
  context.stderr.write(
    `leadglass: ${record.id} for ${record.name} may ${record.verbs.join(', ')} until ${expires}\n` +
      'leadglass: this is the only time it is shown; send it as "Authorization: Bearer ..."\n',
  );
  return 0;
}

/** `leadglass token list`. */
export async function tokenListCommand(options: ListOptions, context: CommandContext): Promise<number> {
  const tokens = openTokens(options, context).tokens();
  if (options.json === true) {
    const shown = tokens.map(({ hash: _hash, ...rest }) => rest);
    writeJson(context.stdout, { tokens: shown });
    return await Promise.resolve(0);
  }
  if (tokens.length === 0) {
    context.stdout.write(
      'no tokens; make one with: leadglass token create --for NAME --may find,get --expires 8h\n',
    );
    return 0;
  }
  const now = (context.clock ?? Date.now)();
  const rows = tokens.map((token) => [token.id, token.name, stateOf(token, now), token.verbs.join(',')]);
  context.stdout.write(formatTable([['TOKEN', 'FOR', 'STATE', 'MAY'], ...rows]));
  return 0;
}

/** `leadglass token revoke`: refused from the next request on. */
export async function tokenRevokeCommand(
  id: string,
  options: ListOptions,
  context: CommandContext,
): Promise<number> {
  await openTokens(options, context).revoke(id);
  await context.recordDeviceChange?.(options, `token ${id}`, 'revoke');
  if (options.json === true) writeJson(context.stdout, { id, revoked: true });
  else context.stdout.write(`${id} is revoked\n`);
  return 0;
}

function verbsOf({ may, role }: CreateOptions): readonly string[] {
  if ((may === undefined) === (role === undefined)) {
    throw new CommandError(
      'BAD_ARGUMENT',
      'say what the token may do: either --may find,get,store or --role ROLE',
    );
  }
  if (may !== undefined) return may.split(',').map((word) => word.trim());
  const verbs = Object.hasOwn(ROLES, role ?? '') ? ROLES[role ?? ''] : undefined;
  if (verbs === undefined) {
    throw new IdentityError('INVALID_VERB', `--role is one of: ${Object.keys(ROLES).join(', ')}`);
  }
  return verbs;
}

function stateOf(token: Token, now: number): string {
  if (token.revokedAt !== undefined) return 'revoked';
  const until = new Date(token.expiresAt).toISOString().slice(0, 16).replace('T', ' ');
  return token.expiresAt <= now ? `expired ${until}` : `until ${until} UTC`;
}

export function registerTokenCommand(program: Command, context: CommandContext): void {
  const token = program
    .command('token')
    .description('bearer tokens for DICOMweb: programs, viewers, scripts');
  const common = (command: Command): Command =>
    command
      .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
      .option('--key-file <file>', 'the master key, if not where the configuration says')
      .option('--json', 'for programs');
  common(token.command('create'))
    .description('make a token; it is printed once and kept nowhere')
    .requiredOption('--for <name>', 'whom it is for, as it shall stand in lists')
    .option('--may <verbs>', 'find,get,store: any of them, separated by commas')
    .option('--role <role>', `instead of --may: ${Object.keys(ROLES).join(', ')}`)
    .requiredOption('--expires <time>', 'how long it is valid: 30m, 8h, 7d')
    .action(async (options: CreateOptions) => {
      await runCommand(context, async () => await tokenCreateCommand(options, context));
    });
  common(token.command('list'))
    .description('all tokens, those that ended lately included')
    .action(async (options: ListOptions) => {
      await runCommand(context, async () => await tokenListCommand(options, context));
    });
  common(token.command('revoke <id>'))
    .description('refuse a token from now on')
    .action(async (id: string, options: ListOptions) => {
      await runCommand(context, async () => await tokenRevokeCommand(id, options, context));
    });
}
