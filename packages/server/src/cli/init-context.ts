import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { InstallationSecrets } from '../config/index.ts';

export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What a command gets from the outside: nothing is taken from the process behind its back. */
export interface CommandContext {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: () => number;
  /** Leaves a trace of a change to the device registry; says so itself when it cannot. */
  readonly recordDeviceChange?: (
    options: InstallationOptions,
    aeTitle: string,
    change: 'add' | 'revoke' | 'renew' | 'seal',
  ) => Promise<void>;
  /** Asks the person at the terminal; absent when there is none. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Told the exit code of the command that ran; 0 only on success. */
  readonly setExitCode: (code: number) => void;
}

export const DEFAULT_DATA_FOLDER = 'leadglass-data';

/** Options that every command on an installation has. */
export interface InstallationOptions {
  readonly data?: string;
  readonly keyFile?: string;
  readonly config?: string;
}

/** `--data`, else LEADGLASS_DATA, else ./leadglass-data; a folder nobody typed is named on stderr. */
export function chooseDataFolder(options: InstallationOptions, context: CommandContext): string {
  if (options.data !== undefined) return resolve(options.data);
  const fromEnv = context.env['LEADGLASS_DATA'];
  const isFromEnv = fromEnv !== undefined && fromEnv !== '';
  const folder = resolve(isFromEnv ? fromEnv : DEFAULT_DATA_FOLDER);
  context.stderr.write(
    `data folder: ${folder} (${isFromEnv ? 'LEADGLASS_DATA' : 'default; --data names another'})\n`,
  );
  return folder;
}

export function commandSecrets(options: InstallationOptions, context: CommandContext): InstallationSecrets {
  return { env: context.env, ...(options.keyFile === undefined ? {} : { keyFile: options.keyFile }) };
}

/** Runs a command and turns what it throws into one line on stderr and exit code 1. */
export async function runCommand(context: CommandContext, run: () => Promise<number>): Promise<void> {
  try {
    context.setExitCode(await run());
  } catch (error) {
    context.stderr.write(`leadglass: ${describeFailure(error)}\n`);
    context.setExitCode(1);
  }
}

/** Our own errors say what to do; of others only the code, because their texts may quote what they read. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const isOurs = ['ConfigError', 'IdentityError', 'AuditTrailError', 'CommandError'].includes(error.name);
  if (isOurs) return error.message;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const path = 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : '';
  return `failed: ${code}${path}`;
}

/** A refusal of the command line itself. */
export class CommandError extends Error {
  readonly code: 'BAD_ARGUMENT' | 'FILE_EXISTS';
  constructor(code: 'BAD_ARGUMENT' | 'FILE_EXISTS', message: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}

export function writeJson(output: TextOutput, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

/** 2026-11-22, as people write into a calendar. */
export function formatDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Text from a server or a medium: what steers a terminal must not get there. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');

/** 1.4 GB, as people say it. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Columns as wide as their longest cell. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** The account of the operating system, for what a person does at the machine. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** A port number from an option, or the given one. */
export function wholePort(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new CommandError('BAD_ARGUMENT', 'a port is a whole number up to 65535');
  return port;
}
