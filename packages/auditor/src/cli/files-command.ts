import type { Command } from 'commander';
import { registerFilesCommand } from '../files/index.ts';
import { filesReportFlags } from './files-report-flags.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds `files`, whose room has its command. */
export function registerFiles(program: Command, surroundings: Surroundings): void {
  registerFilesCommand(program, {
    stdout: { write: surroundings.print },
    stderr: { write: surroundings.printError, isTTY: surroundings.isTerminal },
    environment: surroundings.environment,
    toolVersion: surroundings.version,
    reportFlags: filesReportFlags,
    setExitCode: surroundings.fail,
    signal: surroundings.signal,
  });
}
