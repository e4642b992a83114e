import { backup } from 'node:sqlite';
import { AddingBatch } from './changing/adding.ts';
import { beginFilling, endFilling, openDatabase, removeIndexFiles } from './database.ts';
import type { Connection } from './dialect.ts';
import type { Match } from './entity.ts';
import type {
  IndexEntry,
  IndexStatistics,
  InstanceRecord,
  PackPosition,
  QuarantinePage,
  QuarantineRecord,
  StudyRecord,
} from './entry.ts';
import { FillingEnds, IndexError } from './errors.ts';
import { Filling } from './changing/filling.ts';
import { makeSearchStructures } from './changing/finishing.ts';
import { type Held, HeldInTables } from './changing/held.ts';
import { KnownTexts } from './known-texts.ts';
import { FILLED_INSTANCES_MAX, RECORD_TOLD_BYTES, RECORDS_TOLD_MAX_BYTES } from './limits.ts';
import { Prefetch } from './changing/prefetch.ts';
import { Quarantine } from './quarantine.ts';
import type { Query } from './matching/query.ts';
import { Remover } from './changing/removing.ts';
import { RowWriter } from './changing/row-writer.ts';
import { Search } from './search.ts';
import { SearchMemory } from './memory/search-memory.ts';
import { SearchRows } from './changing/search-rows.ts';
import { type InstanceSelection, requireSelection, Selector } from './selection.ts';
import { IndexState } from './state.ts';
import { type WriteStatements, writeStatements } from './changing/write-statements.ts';

/** Pages copied in one step of saveTo: 8 MiB, some milliseconds in which nothing else can use the index. */
const PAGES_PER_STEP = 1024;
const SAVE_TRIES = 3;

/**
 * What the archive holds, as PS3.4 C.6 sees it: patients, studies, series, instances. Derived from the packs: it can
 * be made again from them, and the order in which instances are added decides all that it says.
 */
export interface ArchiveIndex {
  /** Adds instances in one transaction, and with them the place up to which the packs were read. */
  add(entries: readonly IndexEntry[], position?: PackPosition): void;
  /** Removes instances; series, studies and patients without any go with them. UIDs that are not held are passed over. */
  remove(sopInstanceUIDs: Iterable<string>): void;
  /**
   * Begins to fill an index that is empty: many instances are added quickly, and what it is searched by is made at the
   * end. Until then it is marked as unfinished: whoever opens it after a crash gets an empty one. Whatever else is
   * asked of it meanwhile, but `holds`, finishes it first. Does nothing when there is something in it, or when somebody
   * else has its file open: it is added to as ever then.
   */
  startFilling(): void;
  /** It is being filled: finishing that takes a while. */
  readonly isFilling: boolean;
  /** Makes what the index is searched by; does nothing when it is not being filled. */
  finishFilling(): void;
  /** Reads some more of what searches have in memory, in some milliseconds; false when all of it is there. */
  catchUp(): boolean;
  holds(sopInstanceUID: string): boolean;
  instance(sopInstanceUID: string): InstanceRecord | undefined;
  /** Notes what is in quarantine; one that is noted already is passed over. */
  quarantine(records: readonly QuarantineRecord[]): void;
  /** What is in quarantine under this UID: the latest of it, the last one first. */
  quarantined(sopInstanceUID: string, toldMax?: number): readonly QuarantineRecord[];
  /** All of quarantine, in the order in which it came, from behind `after` on; 0 is before the first. */
  quarantinePage(after: number, limit: number): QuarantinePage;
  /** What is no longer in quarantine; what is not there is passed over. */
  unquarantine(records: readonly Pick<QuarantineRecord, 'sopInstanceUID' | 'location'>[]): void;
  study(studyInstanceUID: string): StudyRecord | undefined;
  /** Lazily, grouped by study and series and in the order they came. @throws IndexError EMPTY_SELECTION at once */
  instances(selection: InstanceSelection): IterableIterator<InstanceRecord>;
  /** Matches, lazily; it may be stopped at any time, and instances may be added or removed between two of them. */
  query(query: Query): IterableIterator<Match>;
  /** The same in steps of bounded work: an empty page is a step without a match, and a good moment to let others run. */
  queryPages(query: Query): IterableIterator<readonly Match[]>;
  /** How many matches there are, counted no further than the cap. Limit and offset of the query are not applied. */
  countMatches(query: Query, cap: number): number;
  position(): PackPosition | undefined;
  setPosition(position: PackPosition): void;
  /** A consistent copy, made step by step while the index is in use. */
  saveTo(path: string): Promise<void>;
  statistics(): IndexStatistics;
  close(): void;
}

/**
 * Opens or creates an index. One made with another layout is emptied, which its position tells: the packs fill it again.
 * @param location a path in memory-backed space, or ':memory:'. Nothing in the file is encrypted.
 */
export function openIndex({ location }: { location: string }): ArchiveIndex {
  return new SqliteIndex(openDatabase(location));
}

class SqliteIndex implements ArchiveIndex {
  readonly #connection: Connection;
  readonly #statements: WriteStatements;
  readonly #texts: KnownTexts;
  readonly #state: IndexState;
  readonly #searchRows: SearchRows;
  readonly #writer: RowWriter;
  readonly #remover: Remover;
  readonly #selector: Selector;
  readonly #search: Search;
  readonly #quarantine: Quarantine;
  readonly #inTables: Held;
  readonly #memory: SearchMemory;
  /** What was asked for by UID since the last change: frames of one instance are often asked for one by one. */
  readonly #told = new Map<string, InstanceRecord>();
  #toldBytes = 0;
  #filling: Filling | undefined;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = writeStatements(connection);
    this.#texts = new KnownTexts(connection);
    this.#state = new IndexState(connection);
    this.#memory = new SearchMemory(connection);
    this.#searchRows = new SearchRows(this.#statements, this.#memory);
    this.#writer = new RowWriter(this.#statements, this.#texts, this.#state, this.#searchRows);
    this.#remover = new Remover(this.#statements, this.#state, this.#searchRows);
    this.#selector = new Selector(connection, this.#texts);
    this.#search = new Search(connection, this.#texts, this.#memory);
    this.#quarantine = new Quarantine(connection);
    this.#inTables = new HeldInTables(this.#statements);
  }

  startFilling(): void {
    this.#requireOpen();
    const { patients, studies, series, instances } = this.#state.statistics;
    if (this.#filling !== undefined || patients + studies + series + instances > 0) return;
    if (!beginFilling(this.#connection)) return;
    this.#filling = new Filling(this.#statements);
    this.#writer.filling = this.#filling;
    this.#searchRows.deferred = true;
  }

  catchUp(): boolean {
    this.#requireOpen();
    return this.#filling === undefined && this.#memory.step();
  }

  get isFilling(): boolean {
    return this.#filling !== undefined;
  }

  finishFilling(): void {
    this.#requireOpen();
    if (this.#filling === undefined) return;
    makeSearchStructures(this.#connection);
    // What it was before the filling is all that it knows.
    this.#memory.forget();
    endFilling(this.#connection);
    this.#filling = undefined;
    this.#writer.filling = undefined;
    this.#searchRows.deferred = false;
  }

  /** Before anything that reads by what is made at the end. */
  #requireSearchable(): void {
    this.#requireOpen();
    this.finishFilling();
  }

  add(entries: readonly IndexEntry[], position?: PackPosition): void {
    this.#requireOpen();
    if (this.#state.statistics.instances + entries.length > FILLED_INSTANCES_MAX) this.finishFilling();
    this.#orFinish(() => this.#addAll(entries, position));
  }

  /** What cannot be done while the index is filled is done as soon as that is finished. */
  #orFinish<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FillingEnds)) throw error;
      this.finishFilling();
      return work();
    }
  }

  #addAll(entries: readonly IndexEntry[], position: PackPosition | undefined): void {
    this.#change(() => {
      const held = this.#filling ?? this.#inTables;
      const host = {
        statements: this.#statements,
        texts: this.#texts,
        state: this.#state,
        writer: this.#writer,
        remover: this.#remover,
        held,
      };
      const before = this.#filling ?? Prefetch.of(entries, this.#statements, held);
      new AddingBatch(host, before).addAll(entries);
      if (position !== undefined) this.#state.position = position;
    });
  }

  remove(sopInstanceUIDs: Iterable<string>): void {
    this.#requireSearchable();
    this.#change(() => this.#remover.remove(sopInstanceUIDs));
  }

  #change(work: () => void): void {
    this.#requireOpen();
    this.#forgetTold();
    try {
      this.#connection.transaction(() => {
        work();
        this.#state.save();
      });
      this.#memory.keep();
    } catch (error) {
      this.#memory.takeBack();
      this.#texts.forget();
      this.#writer.discard();
      this.#state.load();
      throw error;
    }
  }

  holds(sopInstanceUID: string): boolean {
    this.#requireOpen();
    return this.#orFinish(() => (this.#filling ?? this.#inTables).holdsInstance(sopInstanceUID));
  }

  instance(sopInstanceUID: string): InstanceRecord | undefined {
    this.#requireSearchable();
    const told = this.#told.get(sopInstanceUID);
    if (told !== undefined) return told;
    const record = this.#selector.instance(sopInstanceUID);
    if (record === undefined) return undefined;
    if (this.#toldBytes >= RECORDS_TOLD_MAX_BYTES) this.#forgetTold();
    this.#told.set(sopInstanceUID, record);
    this.#toldBytes += RECORD_TOLD_BYTES + record.location.length;
    return record;
  }

  #forgetTold(): void {
    this.#told.clear();
    this.#toldBytes = 0;
  }

  quarantine(records: readonly QuarantineRecord[]): void {
    this.#change(() => {
      for (const record of records) this.#quarantine.add(record);
    });
  }

  quarantined(sopInstanceUID: string, toldMax?: number): readonly QuarantineRecord[] {
    this.#requireOpen();
    return this.#quarantine.of(sopInstanceUID, toldMax);
  }

  quarantinePage(after: number, limit: number): QuarantinePage {
    this.#requireOpen();
    return this.#quarantine.page(after, limit);
  }

  unquarantine(records: readonly Pick<QuarantineRecord, 'sopInstanceUID' | 'location'>[]): void {
    this.#change(() => {
      for (const record of records) this.#quarantine.remove(record);
    });
  }

  study(studyInstanceUID: string): StudyRecord | undefined {
    this.#requireSearchable();
    const row = this.#statements.studyByUID.get(studyInstanceUID);
    if (row === undefined) return undefined;
    const [, patientID = ''] = this.#statements.patient.get(row[1]) ?? [];
    return {
      patientID: patientID === '' ? undefined : patientID,
      studyInstanceUID,
      keySlot: row[11],
      numberOfSeries: row[9],
      numberOfInstances: row[10],
    };
  }

  instances(selection: InstanceSelection): IterableIterator<InstanceRecord> {
    this.#requireSearchable();
    requireSelection(selection);
    return this.#selector.instances(selection);
  }

  *query(query: Query): Generator<Match, void, undefined> {
    for (const page of this.queryPages(query)) yield* page;
  }

  *queryPages(query: Query): Generator<readonly Match[], void, undefined> {
    this.#requireSearchable();
    let left = query.limit ?? Infinity;
    if (left <= 0) return;
    for (const page of this.#search.pages(query)) {
      const matches = page.length > left ? page.slice(0, left) : page;
      left -= matches.length;
      yield matches;
      if (left <= 0) return;
    }
  }

  countMatches(query: Query, cap: number): number {
    this.#requireSearchable();
    return this.#search.count(query, cap);
  }

  position(): PackPosition | undefined {
    return this.#state.position;
  }

  setPosition(position: PackPosition): void {
    this.#change(() => {
      this.#state.position = position;
    });
  }

  async saveTo(path: string): Promise<void> {
    this.#requireSearchable();
    for (let tries = 1; ; tries++) {
      try {
        await backup(this.#connection.database, path, { rate: PAGES_PER_STEP });
        return;
      } catch (error) {
        // A step that meets a change of the index at the wrong moment fails ("not an error", SQLite says); nothing is lost.
        if (this.#closed || tries === SAVE_TRIES) throw error;
        removeIndexFiles(path);
      }
    }
  }

  statistics(): IndexStatistics {
    return this.#state.statistics;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new IndexError('CLOSED');
  }
}
