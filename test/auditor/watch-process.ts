import type { ChildProcess } from 'node:child_process';
import type { Scope } from '../support/scope.ts';
import { AUDITOR } from './audit.ts';

/** A `leadglass-auditor` that goes on until it is told to stop. */
export interface RunningAuditor {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly stderr: string;
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

export function startAuditor(scope: Scope, args: readonly string[]): RunningAuditor {
  const child = scope.spawn(AUDITOR, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    ended,
    get stderr() {
      return stderr;
    },
  };
}
