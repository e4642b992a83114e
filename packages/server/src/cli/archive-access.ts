import type { ReplayProgress } from '../archive/recovery.ts';
import type { OperatorPort } from '../admin/operator-port.ts';
import type { Workplace } from '../operations/index.ts';
import { type OpenInstallation, openInstallation } from '../config/index.ts';
import {
  chooseDataFolder,
  commandSecrets,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

/** Starting the archive and opening it for one command; main.ts gives the real ones. */
export interface Wiring {
  startServer(
    installation: OpenInstallation,
    options: { log: Log; onFatal?: (error: Error) => void },
  ): Promise<RunningServer>;
  /** The server that runs on this data folder, else the archive opened for this command alone. */
  operatorPort(installation: OpenInstallation, options: { log: Log }): Promise<OperatorPort>;
  /** Makes the index again from the packs; the server must not run. */
  rebuildIndex(
    installation: OpenInstallation,
    options: { log: Log; onProgress: (done: ReplayProgress) => void },
  ): Promise<RebuildReport>;
}

export interface RebuildReport {
  instances: number;
  incomplete: number;
  damage: number;
}

export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

export interface RunningServer {
  httpsPort: number;
  dicomTLSPort: number;
  workplace: Workplace;
  port: OperatorPort;
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

/** One line per event on stderr: level, words, facts that are numbers and codes. */
export function textLog(context: CommandContext): Log {
  return (level, message, facts = {}) => {
    const words = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
    context.stderr.write(`${[`leadglass: ${level}: ${message}`, ...words].join(' ')}\n`);
  };
}
