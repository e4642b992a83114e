import { createHash, hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Why a connection was made and what came of it; one line of the record. */
export interface ConnectionEntry {
  readonly at: string;
  /** Check id, 'sweep' or 'fingerprint'. */
  readonly check: string;
  /** In words, what the packet is for. */
  readonly purpose: string;
  readonly address: string;
  /** One port, or for a sweep all of them with how each answered: '104:open 11112:refused'. */
  readonly port?: number;
  readonly ports?: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly outcome: string;
}

/** Lines are written together: one write a connection would double the cost of a sweep. */
const BUFFER_CHARACTERS = 64 * 1024;

/**
 * The append-only record of every packet's purpose: JSON lines, each with the SHA-256 of the line before, so that a
 * line that was changed or taken out is found. A run that is resumed goes on with the same chain.
 */
export class RunRecord {
  readonly #file: number;
  readonly #scopeHash: string;
  #previous: string;
  #waiting = '';

  constructor(path: string, scopeHash: string, operator: string) {
    this.#scopeHash = scopeHash;
    this.#previous = lastHash(path);
    this.#file = openSync(path, 'a', 0o600);
    this.#append({ at: new Date().toISOString(), scope: scopeHash, operator, event: 'run started' });
  }

  add(entry: ConnectionEntry): void {
    this.#append({ ...entry, scope: this.#scopeHash });
  }

  #append(fields: object): void {
    const line = JSON.stringify({ ...fields, previous: this.#previous });
    this.#previous = hash('sha256', line);
    this.#waiting += `${line}\n`;
    if (this.#waiting.length >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#waiting !== '') writeSync(this.#file, this.#waiting);
    this.#waiting = '';
  }

  close(event: 'run ended' | 'run stopped'): void {
    this.#append({ at: new Date().toISOString(), scope: this.#scopeHash, event });
    this.flush();
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}

/** Chain value before the first line. */
const GENESIS = '0'.repeat(64);

function lastHash(path: string): string {
  const last = linesOf(path).at(-1);
  return last === undefined ? GENESIS : createHash('sha256').update(last).digest('hex');
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** Number of the first line whose `previous` is wrong, from 1; undefined when the chain is whole. */
export function brokenLine(text: string): number | undefined {
  let previous = GENESIS;
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const fields: unknown = parsed(line);
    if (typeof fields !== 'object' || fields === null) return index + 1;
    if (!('previous' in fields) || fields.previous !== previous) return index + 1;
    previous = hash('sha256', line);
  }
  return undefined;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
