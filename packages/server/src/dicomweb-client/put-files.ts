import { ParseError } from '@leadglass/dicom';
import { type BackingOffOptions, withRetries } from './backing-off.ts';
import { DicomwebError } from './client-error.ts';
import { type FileToSend, type Implementation, NoInstance, readFileToSend } from './file-to-send.ts';
import { HeldInstances } from './held-instances.ts';
import type { HttpConnection } from './http-connection.ts';
import { BatchRefused, type BatchResult, FileUnreadable, storeBatch } from './store-batch.ts';

/** Of one request: what a cut connection costs to send again, and what a server has to take at once. */
const BATCH_MAX_BYTES = 64 * 1024 * 1024;
const BATCH_MAX_FILES = 100;

export type PutOutcome = 'stored' | 'there' | 'failed' | 'skipped';

export interface PutResult {
  readonly path: string;
  readonly outcome: PutOutcome;
  /** Words, for what was not stored or was stored with a warning. */
  readonly reason?: string;
}

export interface PutReport {
  readonly counts: Record<PutOutcome, number>;
  bytes: number;
  /** All but those that were simply stored or there. */
  readonly notable: PutResult[];
  /** Words for what failed at the server without being any of the files. */
  readonly otherFailures: Set<string>;
  /** The server did not say what it holds, so all was sent. */
  unchecked?: DicomwebError;
  /** What ended it before its time. */
  stoppedBy?: DicomwebError;
}

export interface PutOptions extends BackingOffOptions {
  readonly implementation: Implementation;
  /** Sends also what the server says it holds, so that it compares. */
  readonly resend?: boolean;
  readonly batchMaxBytes?: number;
  readonly batchMaxFiles?: number;
  readonly onProgress?: (report: PutReport) => void;
}

/**
 * Stores files (PS3.18 10.5) in bounded batches. What the server holds is not sent again, so that a command that was
 * broken off goes on where it was. A batch is sent again after trouble that passes: the same twice is a success.
 */
export async function putFiles(
  connection: HttpConnection,
  paths: AsyncIterable<string> | Iterable<string>,
  options: PutOptions,
): Promise<PutReport> {
  const putting = new Putting(connection, options);
  try {
    for await (const path of paths) await putting.take(path);
    await putting.flush();
  } catch (error) {
    if (!(error instanceof DicomwebError)) throw error;
    putting.report.stoppedBy = error;
  }
  return putting.report;
}

class Putting {
  readonly report: PutReport = {
    counts: { stored: 0, there: 0, failed: 0, skipped: 0 },
    bytes: 0,
    notable: [],
    otherFailures: new Set(),
  };
  readonly #connection: HttpConnection;
  readonly #options: PutOptions;
  readonly #held: HeldInstances;
  #batch: FileToSend[] = [];
  #batchBytes = 0;

  constructor(connection: HttpConnection, options: PutOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#held = new HeldInstances(connection, options);
  }

  async take(path: string): Promise<void> {
    const file = await this.#read(path);
    if (file === undefined) return;
    const { studyInstanceUID, sopInstanceUID } = file.uids;
    if (this.#options.resend !== true && (await this.#held.has(studyInstanceUID, sopInstanceUID))) {
      this.#add({ path, outcome: 'there' });
      return;
    }
    if (this.#held.refusal !== undefined) this.report.unchecked = this.#held.refusal;
    const { batchMaxBytes = BATCH_MAX_BYTES, batchMaxFiles = BATCH_MAX_FILES } = this.#options;
    const isFull = this.#batchBytes + file.size > batchMaxBytes || this.#batch.length >= batchMaxFiles;
    // Answers name instances, not parts: two of one name could not be told apart.
    const isTwin = this.#batch.some((other) => other.sopInstanceUID === sopInstanceUID);
    if (isFull || isTwin) await this.flush();
    this.#batch.push(file);
    this.#batchBytes += file.size;
  }

  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length > 0) await this.#send(batch);
  }

  async #read(path: string): Promise<FileToSend | undefined> {
    try {
      const file = await readFileToSend(path, this.#options.implementation);
      if (file === undefined) this.#add({ path, outcome: 'skipped' });
      return file;
    } catch (error) {
      this.#add({ path, outcome: 'failed', reason: fileReason(error) });
      return undefined;
    }
  }

  async #send(batch: readonly FileToSend[]): Promise<void> {
    try {
      const answer = await withRetries(this.#options, () => storeBatch(this.#connection, batch));
      for (const [index, file] of batch.entries()) this.#addResult(file, answer.results[index]);
      for (const words of answer.otherFailures) this.report.otherFailures.add(words);
    } catch (error) {
      if (error instanceof FileUnreadable) {
        this.#add({ path: error.path, outcome: 'failed', reason: fileReason(error.cause) });
        const others = batch.filter(({ path }) => path !== error.path);
        if (others.length > 0) await this.#send(others);
      } else if (error instanceof BatchRefused) await this.#divide(batch, error);
      else throw error;
    }
  }

  /** Halves find out which file it is that is not taken. */
  async #divide(batch: readonly FileToSend[], { refusal }: BatchRefused): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      const words = refusal.status === 413 ? 'too long for the server' : 'refused';
      const facts = [`HTTP ${refusal.status ?? 0}`, refusal.detail ?? ''].filter((fact) => fact !== '');
      this.#add({ path: only.path, outcome: 'failed', reason: `${words} (${facts.join(' ')})` });
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#send(batch.slice(0, middle));
    await this.#send(batch.slice(middle));
  }

  #addResult({ path, size }: FileToSend, result: BatchResult | undefined): void {
    if (result?.stored !== true) {
      this.#add({ path, outcome: 'failed', reason: result?.reason ?? 'no answer' });
      return;
    }
    this.report.bytes += size;
    this.#add({
      path,
      outcome: 'stored',
      ...(result.warning === undefined ? {} : { reason: result.warning }),
    });
  }

  #add(result: PutResult): void {
    this.report.counts[result.outcome]++;
    if (result.reason !== undefined) this.report.notable.push(result);
    this.#options.onProgress?.(this.report);
  }
}

/** Codes and places, never a value. */
function fileReason(error: unknown): string {
  if (error instanceof ParseError) return `no whole DICOM file: ${error.message}`;
  if (error instanceof NoInstance) return 'a UID that an instance must have is missing';
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const detail = error instanceof DicomwebError ? error.detail : undefined;
  return `cannot be read: ${detail ?? (typeof code === 'string' ? code : 'UNEXPECTED')}`;
}
