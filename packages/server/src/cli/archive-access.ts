import type { OpenInstallation } from '../config/index.ts';
import { openInstallation } from '../config/index.ts';
import { operatorPrincipal } from '../identity/index.ts';
import type { Caller, Workplace } from '../operations/index.ts';
import {
  chooseDataFolder,
  commandSecrets,
  operatorName,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

/** Starting the archive and opening it for one command; main.ts gives the real ones. */
export interface Wiring {
  startServer(
    installation: OpenInstallation,
    options: { log: Log; onFatal?: (error: Error) => void },
  ): Promise<RunningServer>;
  openWorkplace(
    installation: OpenInstallation,
    options: { log: Log },
  ): Promise<{ workplace: Workplace; close(): Promise<void> }>;
  indexFolderOf(installation: OpenInstallation): string | undefined;
}

export type Log = (level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;

export interface RunningServer {
  httpsPort: number;
  dicomTLSPort: number;
  dicomPlainPort: number | undefined;
  workplace: Workplace;
  close(): Promise<void>;
}

export function open(
  options: InstallationOptions,
  context: CommandContext,
  overrides?: Parameters<typeof openInstallation>[2],
): Promise<OpenInstallation> {
  return openInstallation(chooseDataFolder(options, context), commandSecrets(options, context), {
    ...overrides,
    ...(options.config === undefined ? {} : { configFile: options.config }),
  });
}

/** The person at the keyboard of the machine that holds the keys. */
export const operator = (): Caller => ({ principal: operatorPrincipal(operatorName()) });

/** One line per event on stderr: level, words, facts that are numbers and codes. */
export function textLog(context: CommandContext): Log {
  return (level, message, facts = {}) => {
    const words = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
    context.stderr.write(`${[`leadglass: ${level}: ${message}`, ...words].join(' ')}\n`);
  };
}
