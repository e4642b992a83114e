import type { Target, WebTarget } from '../client/jobs.ts';
import { echoOnce } from '../client/echo.ts';
import type { ServerProcess } from './server-process.ts';

export type Transport = 'clear' | 'TLS';

/** Where a peer may write, and the certificates of everybody. */
export interface Place {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly transport: Transport;
  /** Folder with key.pem, cert.pem and ca.pem of the bench's client. */
  readonly clientCertificate: string;
  /** The same of a peer's server. */
  readonly serverCertificate: string;
}

export interface Peer {
  /** Name for --only. */
  readonly key: string;
  readonly label: string;
  /** What stands on the disk when Success is sent. */
  readonly durability: string;
  readonly atRest: 'encrypted' | 'readable';
  readonly transports: readonly Transport[];
  /** Whether it has what the bench needs on this machine: its program. */
  readonly isInstalled: () => boolean;
  start(place: Place): Promise<RunningPeer>;
}

export interface RunningPeer {
  readonly peer: Peer;
  readonly process: ServerProcess;
  readonly target: Target;
  /** Where it speaks DICOMweb; absent when it does not. */
  readonly web?: WebTarget;
  /** What speaks TLS for it; what it costs is counted. */
  readonly front?: ServerProcess;
  /** From the start of the process to the first C-ECHO that succeeded, ms. */
  readonly firstEchoMs: number;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const TRY_EVERY_MS = 3;

/** Waits until the first C-ECHO succeeds. @returns ms since the process was started */
export async function firstEcho(process: ServerProcess, target: Target): Promise<number> {
  const deadline = process.startedAt + START_TIMEOUT_MS;
  for (;;) {
    try {
      await echoOnce(target);
      return performance.now() - process.startedAt;
    } catch (error) {
      if (!process.isRunning || performance.now() > deadline) {
        throw new Error(`a peer did not start (${String(error)}):\n${process.logEnd()}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
  }
}
