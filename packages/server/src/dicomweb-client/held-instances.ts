import { textOf } from './answers.ts';
import { type BackingOffOptions, withRetries } from './backing-off.ts';
import { DicomwebError } from './client-error.ts';
import type { HttpConnection } from './http-connection.ts';
import { searchRecords, UNIQUE_KEY } from './search.ts';

/** Studies whose instances are remembered: files of one lie together. */
const STUDIES_MAX = 64;
const INSTANCES_MAX = 1_000_000;
/** Statuses that say something of one study alone: it is not there, or its UID is one the server takes for none. */
const OF_ONE_STUDY: ReadonlySet<number> = new Set([400, 404, 410]);

/**
 * What the server holds of a study already (PS3.18 10.6), asked once a study. A server that does not tell, or does not
 * tell this caller, is asked no more: everything is sent then, and a server knows what it has.
 */
export class HeldInstances {
  readonly #connection: HttpConnection;
  readonly #options: BackingOffOptions;
  readonly #studies = new Map<string, ReadonlySet<string>>();
  /** Why it is asked no more. */
  refusal: DicomwebError | undefined;

  constructor(connection: HttpConnection, options: BackingOffOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** @throws DicomwebError when nothing can be asked of this server at all */
  async has(studyInstanceUID: string, sopInstanceUID: string): Promise<boolean> {
    if (this.refusal !== undefined) return false;
    const known = this.#studies.get(studyInstanceUID) ?? (await this.#ask(studyInstanceUID));
    return known.has(sopInstanceUID);
  }

  async #ask(studyInstanceUID: string): Promise<ReadonlySet<string>> {
    let found: ReadonlySet<string> = new Set();
    try {
      found = await withRetries(this.#options, () => this.#list(studyInstanceUID));
    } catch (error) {
      if (!(error instanceof DicomwebError)) throw error;
      const isForSearchesAlone = error.code === 'NOT_GRANTED' || error.code === 'BUSY';
      if ((error.isHopeless || error.isPassing) && !isForSearchesAlone) throw error;
      if (!OF_ONE_STUDY.has(error.status ?? 0)) this.refusal = error;
    }
    if (this.#studies.size >= STUDIES_MAX) this.#studies.clear();
    this.#studies.set(studyInstanceUID, found);
    return found;
  }

  async #list(studyInstanceUID: string): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    const search = { level: 'instance', studyInstanceUID, limit: INSTANCES_MAX } as const;
    for await (const record of searchRecords(this.#connection, search)) {
      const uid = textOf(record, UNIQUE_KEY.instance);
      if (uid !== undefined) found.add(uid);
    }
    return found;
  }
}
