import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  type BackingOffOptions,
  DicomwebError,
  HttpConnection,
  parseServiceAddress,
  parseToken,
} from '../dicomweb-client/index.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../dimse/implementation.ts';
import { CommandError, runCommand, type CommandContext } from './init-context.ts';

/** A token or a chain of certificates has some kilobytes. */
const SECRET_FILE_MAX_BYTES = 1024 * 1024;

/** Nothing went wrong; nothing could be done; something could and something could not. */
export const EXIT = { done: 0, failed: 1, inPart: 2 } as const;

export const IMPLEMENTATION = {
  implementationClassUID: IMPLEMENTATION_CLASS_UID,
  implementationVersionName: IMPLEMENTATION_VERSION_NAME,
};

export interface ConnectionCommandOptions {
  readonly tokenFile?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly json?: boolean;
}

export function withConnectionOptions(command: Command): Command {
  return command
    .option('--token-file <file>', 'a bearer token; or the variable LEADGLASS_TOKEN, never an argument')
    .option('--cert <file>', 'a client certificate (PEM), with --key')
    .option('--key <file>', 'its private key (PEM)')
    .option('--ca <file>', 'authorities to trust instead of the usual ones (PEM)');
}

/** Opens, runs, closes; what the client throws becomes one line that says what to do next. */
export async function runWithConnection(
  context: CommandContext,
  address: string,
  options: ConnectionCommandOptions,
  run: (connection: HttpConnection) => Promise<number>,
): Promise<void> {
  await runCommand(context, async () => {
    let connection: HttpConnection | undefined;
    try {
      connection = openConnection(address, options, context);
      return await run(connection);
    } catch (error) {
      if (!(error instanceof DicomwebError)) throw error;
      context.stderr.write(`leadglass: ${error.message}\n`);
      return EXIT.failed;
    } finally {
      connection?.close();
    }
  });
}

function openConnection(
  address: string,
  options: ConnectionCommandOptions,
  context: CommandContext,
): HttpConnection {
  const { cert, key, ca } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new CommandError('BAD_ARGUMENT', '--cert and --key go together');
  }
  const token = readToken(options, context);
  return new HttpConnection({
    address: parseServiceAddress(address),
    userAgent: IMPLEMENTATION_VERSION_NAME,
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined ? {} : { cert: readSmallFile(cert) }),
    ...(key === undefined ? {} : { key: readSmallFile(key) }),
    ...(ca === undefined ? {} : { ca: readSmallFile(ca) }),
  });
}

function readToken({ tokenFile }: ConnectionCommandOptions, context: CommandContext): string | undefined {
  const fromEnv = context.env['LEADGLASS_TOKEN'];
  if (tokenFile === undefined)
    return fromEnv === undefined || fromEnv === '' ? undefined : parseToken(fromEnv);
  if ((statSync(tokenFile).mode & 0o077) !== 0) {
    context.stderr.write('leadglass: others on this machine can read the token: chmod 600 its file\n');
  }
  return parseToken(readSmallFile(tokenFile));
}

function readSmallFile(path: string): string {
  if (statSync(path).size > SECRET_FILE_MAX_BYTES) {
    throw new CommandError('BAD_ARGUMENT', `${path} is too long for a token, a key or certificates`);
  }
  return readFileSync(path, 'utf8');
}

/** Waits between tries are said on a terminal, so that nobody takes them for a stop. */
export function backingOff(context: CommandContext): BackingOffOptions {
  return {
    sleep: async (waitMs) => void (await sleep(waitMs)),
    random: Math.random,
    onWait: ({ code, status }, waitMs) => {
      if (context.stderr.isTTY !== true) return;
      const what = status === undefined ? code : `${code} HTTP ${status}`;
      context.stderr.write(`\r\u001b[2Kleadglass: ${what}; again in ${Math.ceil(waitMs / 1000)} s\n`);
    },
  };
}
