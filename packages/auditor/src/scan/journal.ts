import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { SystemResult } from './examine-system.ts';

export type JournalErrorCode = 'OTHER_SCOPE' | 'UNREADABLE' | 'EXISTS';

/** A journal that this run cannot go on with. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** What an interrupted run had done. */
export interface Resumption {
  readonly started: string;
  /** Every target below this index is done. */
  readonly doneBelow: number;
  readonly systems: readonly SystemResult[];
}

const lineSchema = z.union([
  z.object({ scope: z.string(), started: z.string() }),
  z.object({ doneBelow: z.number() }),
  z.object({ system: z.custom<SystemResult>((value) => typeof value === 'object' && value !== null) }),
]);

/**
 * What was done so far, a line each, so that a run that was stopped or killed can go on. Written by this program for
 * itself; the scope's hash in its first line keeps two scopes apart.
 */
export class Journal {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Opens the journal of a folder. Throws JournalError. */
  static open(
    path: string,
    scopeHash: string,
    started: string,
    resume: boolean,
  ): { journal: Journal; resumption: Resumption } {
    const isThere = existsSync(path);
    if (isThere && !resume) {
      throw new JournalError(
        'EXISTS',
        'the folder holds a run already: add --resume to go on with it, or name another',
      );
    }
    const resumption = isThere ? readJournal(path, scopeHash) : { started, doneBelow: 0, systems: [] };
    const journal = new Journal(openSync(path, 'a', 0o600));
    if (!isThere) journal.#append({ scope: scopeHash, started });
    return { journal, resumption };
  }

  #append(line: object): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  doneBelow(index: number): void {
    this.#append({ doneBelow: index });
  }

  system(result: SystemResult): void {
    this.#append({ system: result });
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}

function readJournal(path: string, scopeHash: string): Resumption {
  let started: string | undefined;
  let doneBelow = 0;
  const systems = new Map<string, SystemResult>();
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    const line = parsedLine(text);
    // A torn last line is what a killed run leaves.
    if (line === undefined) continue;
    if ('started' in line) {
      if (line.scope !== scopeHash) {
        throw new JournalError(
          'OTHER_SCOPE',
          'the run in this folder had another scope: name another folder',
        );
      }
      started = line.started;
    } else if ('doneBelow' in line) doneBelow = Math.max(doneBelow, line.doneBelow);
    else systems.set(line.system.record.address, line.system);
  }
  if (started === undefined)
    throw new JournalError('UNREADABLE', 'the journal of this folder cannot be read');
  return { started, doneBelow, systems: [...systems.values()] };
}

function parsedLine(text: string): z.infer<typeof lineSchema> | undefined {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
