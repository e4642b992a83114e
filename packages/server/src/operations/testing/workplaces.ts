import { randomBytes } from 'node:crypto';
import { Archive } from '../../archive/archive.ts';
import { Folders } from '../../archive/testing/folders.ts';
import type { TestInstance } from '../../archive/testing/instances.ts';
import { MemoryNotes } from '../../archive/testing/memory-notes.ts';
import type { TrailEntry } from '../../audit-trail/index.ts';
import { type Principal, VERBS } from '../../identity/index.ts';
import type { Caller } from '../caller.ts';
import type { Workplace } from '../operation.ts';
import { QuarantineBudget } from '../quarantine-budget.ts';
import { type BudgetLimits, QueryBudget } from '../query-budget.ts';
import { StoreOperation } from '../store.ts';

const PEER = { address: '192.0.2.7', port: 4711 };
export const FIRST_MOMENT_MS = 1_767_312_000_000;

/** A device that was granted every verb a device can have. */
export const trustedDevice: Caller = caller({ kind: 'device', via: 'certificate', verbs: VERBS });
/** A device that was granted nothing. */
export const bareDevice: Caller = caller({ kind: 'device', via: 'certificate', verbs: [] });

export function caller(about: Pick<Principal, 'kind' | 'via' | 'verbs'>, id = 'CT1'): Caller {
  return { principal: { id, name: id, ...about }, peer: PEER };
}

/** What operations work on, with a trail in memory and a clock the test moves. */
export class TestWorkplace implements Workplace {
  readonly archive: Archive<TrailEntry>;
  readonly budget: QueryBudget;
  readonly quarantine: QuarantineBudget;
  readonly folder: string;
  readonly #notes: MemoryNotes<TrailEntry>;
  readonly #folders: Folders;
  now = FIRST_MOMENT_MS;
  readonly nowMs = (): number => this.now;

  private constructor(parts: {
    archive: Archive<TrailEntry>;
    notes: MemoryNotes<TrailEntry>;
    folders: Folders;
    folder: string;
    limits: BudgetLimits;
  }) {
    this.archive = parts.archive;
    this.folder = parts.folder;
    this.#notes = parts.notes;
    this.#folders = parts.folders;
    this.budget = new QueryBudget(parts.limits, this.nowMs);
    this.quarantine = new QuarantineBudget(this.nowMs);
  }

  static async open(limits: Partial<BudgetLimits> = {}): Promise<TestWorkplace> {
    const folders = new Folders();
    const folder = folders.make();
    const notes = new MemoryNotes<TrailEntry>();
    const archive = await Archive.open<TrailEntry>({
      folder,
      indexFolder: undefined,
      keys: {
        studyKeys: randomBytes(32),
        studyNames: randomBytes(32),
        index: randomBytes(32),
        derivedNames: randomBytes(32),
      },
      notes,
      prewriteBytes: 0,
    });
    const generous = { burstMatches: 100_000, matchesPerMinute: 1000, unconstrainedMaxMatches: 100_000 };
    return new TestWorkplace({ archive, notes, folders, folder, limits: { ...generous, ...limits } });
  }

  /** What stands in the trail, durably. */
  get trail(): readonly TrailEntry[] {
    return this.#notes.kept;
  }

  /** What comes into the trail while `act` runs, and what it gave or threw. */
  async trailOf<Result>(
    act: () => Promise<Result>,
  ): Promise<{ entries: TrailEntry[]; result?: Result; error?: unknown }> {
    const before = this.#notes.kept.length;
    try {
      const result = await act();
      return { result, entries: this.#notes.kept.slice(before) };
    } catch (error) {
      return { error, entries: this.#notes.kept.slice(before) };
    }
  }

  /** As a door does: what fails on the way is given up. */
  async store(instance: TestInstance, who: Caller = trustedDevice): Promise<void> {
    const operation = await StoreOperation.open(this, who, instance.source);
    try {
      await operation.write(instance.dataSet);
    } catch (error) {
      await operation.fail(error);
      throw error;
    }
    await operation.finish();
  }

  async close(): Promise<void> {
    await this.archive.close();
    this.#folders.remove();
  }
}
