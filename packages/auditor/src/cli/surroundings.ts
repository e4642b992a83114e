import type { Resolver } from '../scope/index.ts';

/** What a command gets from the process it runs in. */
export interface Surroundings {
  readonly version: string;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Standard error is a terminal: progress may be drawn. */
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly resolver: Resolver;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Sets the exit code of a command that ended without an exception. */
  readonly fail: (exitCode: number) => void;
}
