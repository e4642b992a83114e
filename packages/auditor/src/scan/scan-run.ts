import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { AnyCheck } from '../checks/check.ts';
import type { ScanReport } from '../findings/index.ts';
import type { Scope, Target } from '../scope/index.ts';
import {
  ADDRESSES_PER_THREAD,
  CONNECTIONS_PER_HOST_RUN_MAX,
  Dialler,
  HostLedger,
  LocalSweep,
  Pacer,
  ProbeError,
  RunRecord,
  SweepThreads,
} from '../transport/index.ts';
import type { Sweep } from '../transport/index.ts';
import { assembleReport } from './assemble-report.ts';
import { examineSystem } from './examine-system.ts';
import type { SystemResult } from './examine-system.ts';
import { Journal } from './journal.ts';
import { Slots } from './slots.ts';

export interface ScanProgress {
  readonly addresses: number;
  readonly addressesTotal: number;
  readonly responding: number;
  readonly examined: number;
}

export interface ScanOptions {
  readonly scope: Scope;
  readonly checks: readonly AnyCheck[];
  /** Journal and record go here; it is made. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly toolVersion: string;
  readonly resume?: boolean;
  /** Addresses with open ports that another engine found, instead of the own sweep. */
  readonly portList?: AsyncIterable<ListedHost> | Iterable<ListedHost>;
  readonly onProgress?: (progress: ScanProgress) => void;
  readonly now?: () => Date;
  /** Threads of a sweep that is not paced, 0 for none; by default as its size wants, one for each processor at most. */
  readonly sweepThreads?: number;
}

/** A host of a list; without ports, all ports of the scope are tried. */
export interface ListedHost {
  readonly address: string;
  readonly ports?: readonly number[];
}

/** Addresses swept at once without pacing: more only makes each slower, and the sockets' memory older. */
const SWEEP_AT_ONCE_UNPACED = 48;
/** Threads of a sweep without pacing: more than one for each processor only wait for each other. */
const SWEEP_THREADS_MAX = 4;
/** Addresses for which a thread more is worth its start, which costs as much as sweeping a thousand does. */
const ADDRESSES_FOR_A_THREAD = 2_048;
/** Addresses swept at once with pacing: at 200 a second, each silent on nine ports, 5,400 are under way. */
const SWEEP_AT_ONCE_PACED = 6_000;
/** Systems under examination at once, those that only wait for a silent connection to be closed among them. */
const SYSTEMS_AT_ONCE = 1_024;
/** Systems asked at once without pacing: all on this machine, which has to answer too. */
const SYSTEMS_ASKED_AT_ONCE_UNPACED = 48;
/** For one port of the sweep. */
const SWEEP_TIMEOUT_MS = 3_000;
/** How often the journal notes how far the sweep is. */
const NOTE_EVERY_MS = 1_000;

/** One run: targets, open ports, fingerprint, checks, report. Throws JournalError; a stopped run gives its part. */
export async function runScan(options: ScanOptions): Promise<ScanReport> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const now = options.now ?? (() => new Date());
  const { journal, resumption } = Journal.open(
    join(options.folder, 'journal.jsonl'),
    options.scope.hash,
    now().toISOString(),
    options.resume === true,
  );
  const record = new RunRecord(
    join(options.folder, 'record.jsonl'),
    options.scope.hash,
    options.scope.summary.operator,
  );
  const run = new Run(options, journal, record, resumption, now);
  try {
    await run.walk();
  } finally {
    await run.close();
    record.close(run.isComplete ? 'run ended' : 'run stopped');
    journal.close();
  }
  return assembleReport({
    scope: options.scope,
    toolVersion: options.toolVersion,
    started: resumption.started,
    ended: now().toISOString(),
    isComplete: run.isComplete,
    addresses: run.addresses,
    systems: run.systems,
  });
}

class Run {
  readonly #options: ScanOptions;
  readonly #journal: Journal;
  readonly #dialler: Dialler;
  readonly #ledger: HostLedger;
  readonly #doneBelow: number;
  readonly #doneAddresses: Set<string>;
  readonly #underWay = new Set<number>();
  readonly #systemSlots = new Slots(SYSTEMS_AT_ONCE);
  readonly #pacer: Pacer;
  readonly #sweep: Sweep;
  readonly #sweepSlots: Slots;
  readonly #askingSlots: Slots;
  readonly #now: () => Date;
  readonly systems: SystemResult[];
  #next = 0;
  #notedAt = 0;
  #responding = 0;
  #failure: Error | undefined;
  addresses = 0;
  isComplete = false;

  constructor(
    options: ScanOptions,
    journal: Journal,
    record: RunRecord,
    resumption: { doneBelow: number; systems: readonly SystemResult[] },
    now: () => Date,
  ) {
    this.#options = options;
    this.#journal = journal;
    this.#now = now;
    this.#doneBelow = resumption.doneBelow;
    this.systems = [...resumption.systems];
    this.#responding = this.systems.length;
    this.#doneAddresses = new Set(this.systems.map((system) => system.record.address));
    const { scope } = options;
    this.#pacer = new Pacer(scope.rates.hostsPerSecond);
    // On a real network a slow system costs nothing but its own time.
    this.#askingSlots = new Slots(this.#pacer.isUnpaced ? SYSTEMS_ASKED_AT_ONCE_UNPACED : SYSTEMS_AT_ONCE);
    this.#ledger = new HostLedger({
      atOnceMax: scope.rates.connectionsPerHost,
      associationsMax: scope.rates.associationsPerHost,
      connectionsMax: CONNECTIONS_PER_HOST_RUN_MAX,
    });
    this.#dialler = new Dialler({
      guard: (address, port, at) => scope.refusal(address, port, at),
      ledger: this.#ledger,
      record: (entry) => record.add(entry),
      signal: options.signal,
      clock: now,
    });
    const threads = this.#threadCount();
    const unpaced = threads === 0 ? SWEEP_AT_ONCE_UNPACED : threads * ADDRESSES_PER_THREAD;
    this.#sweepSlots = new Slots(this.#pacer.isUnpaced ? unpaced : SWEEP_AT_ONCE_PACED);
    this.#sweep =
      threads === 0
        ? new LocalSweep(this.#dialler, SWEEP_TIMEOUT_MS)
        : new SweepThreads({
            dialler: this.#dialler,
            threads,
            timeoutMs: SWEEP_TIMEOUT_MS,
            allowedForMs: () => scope.timeHoldsMs(now()),
          });
  }

  /** With pacing, which all networks but loopback have, one thread has little to do. */
  #threadCount(): number {
    const { scope, portList, sweepThreads } = this.#options;
    if (!this.#pacer.isUnpaced || portList !== undefined) return 0;
    if (sweepThreads !== undefined) return sweepThreads;
    const useful = Math.floor(scope.addressCount / ADDRESSES_FOR_A_THREAD);
    return Math.min(useful, SWEEP_THREADS_MAX, availableParallelism());
  }

  /** Ends the sweep's threads and sockets. */
  close(): Promise<void> {
    return this.#sweep.close();
  }

  /** Visits every target once. Ends early, without an exception, when the run is stopped or its time is over. */
  async walk(): Promise<void> {
    const { signal } = this.#options;
    const pacer = this.#pacer;
    const slots = this.#sweepSlots;
    try {
      for await (const { target, ports } of this.#visits()) {
        this.addresses++;
        this.#next = target.index + 1;
        if (target.index < this.#doneBelow || this.#doneAddresses.has(target.address)) continue;
        await pacer.turn(signal);
        await slots.take();
        if (this.#mustStop()) {
          slots.give();
          this.addresses--;
          break;
        }
        this.#underWay.add(target.index);
        void this.#visit(target, ports);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await slots.whenAllGiven();
    await this.#systemSlots.whenAllGiven();
    if (this.#failure !== undefined) throw this.#failure;
    this.isComplete = !this.#mustStop();
    this.#note(true);
  }

  #mustStop(): boolean {
    const { scope, signal } = this.#options;
    return signal.aborted || this.#failure !== undefined || scope.timeRefusal(this.#now()) !== undefined;
  }

  async *#visits(): AsyncGenerator<{ target: Target; ports?: readonly number[] }> {
    const { scope, portList } = this.#options;
    if (portList === undefined) {
      for (const target of scope.targets()) yield { target };
      return;
    }
    let index = 0;
    for await (const { address, ports } of portList) {
      const ownership = scope.ownershipOf(address);
      // A list of the whole internet may be given: what is outside the scope is passed over.
      if (ownership === undefined) continue;
      const inScope = ports?.filter((port) => scope.ports.includes(port));
      yield {
        target: { ...ownership, index: index++, address },
        ...(inScope === undefined ? {} : { ports: inScope }),
      };
    }
  }

  /** The place in the sweep is given back as soon as the system has its own: the sweep goes on meanwhile. */
  async #visit(target: Target, listed: readonly number[] | undefined): Promise<void> {
    const slots = this.#sweepSlots;
    let isSwept = false;
    try {
      const open = listed ?? (await this.#sweep.sweep(target.address, this.#options.scope.ports));
      if (open.length > 0) {
        this.#responding++;
        await this.#systemSlots.take();
        isSwept = true;
        slots.give();
        await this.#examine(target, open);
      }
      // What a sweep did not see because it was stopped, or its time was over, must be visited again.
      if (!this.#mustStop()) this.#underWay.delete(target.index);
    } catch (error) {
      if (error instanceof ProbeError) return;
      this.#failure ??= error instanceof Error ? error : new Error('unknown failure');
    } finally {
      (isSwept ? this.#systemSlots : slots).give();
      this.#note(false);
    }
  }

  async #examine(target: Target, open: readonly number[]): Promise<void> {
    await this.#askingSlots.take();
    let isAsking = true;
    const stopAsking = (): void => {
      if (isAsking) this.#askingSlots.give();
      isAsking = false;
    };
    try {
      const { scope, checks } = this.#options;
      const examination = { scope, checks, dialler: this.#dialler, now: this.#now, onlyWaits: stopAsking };
      const result = await examineSystem(examination, target, open);
      this.systems.push(result);
      this.#journal.system(result);
      this.#ledger.forget(target.address);
    } finally {
      stopAsking();
    }
  }

  #note(isLast: boolean): void {
    const at = performance.now();
    if (!isLast && at - this.#notedAt < NOTE_EVERY_MS) return;
    this.#notedAt = at;
    let doneBelow = this.#next;
    for (const index of this.#underWay) doneBelow = Math.min(doneBelow, index);
    this.#journal.doneBelow(doneBelow);
    this.#options.onProgress?.({
      addresses: this.addresses - this.#underWay.size,
      addressesTotal: this.#options.scope.addressCount,
      responding: this.#responding,
      examined: this.systems.length,
    });
  }
}
