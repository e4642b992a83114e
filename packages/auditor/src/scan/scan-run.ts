import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyCheck } from '../checks/check.ts';
import type { Finding, ScanReport, ScannedCounts } from '../findings/index.ts';
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
import type { Sweep, SweepWorkers } from '../transport/index.ts';
import { assembleReport } from './assemble-report.ts';
import { examineSystem } from './examine-system.ts';
import type { SystemResult } from './examine-system.ts';
import { Journal } from './journal.ts';
import { Slots } from './slots.ts';
import { SWEEP_TIMEOUT_MS, startSweepWorkers } from './sweep-size.ts';

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
  /** Threads that were started before, by `startSweepWorkers`; they are closed with the run. */
  readonly sweepWorkers?: SweepWorkers;
}

/** A host of a list; without ports, all ports of the scope are tried. */
export interface ListedHost {
  readonly address: string;
  readonly ports?: readonly number[];
}

/** Addresses swept at once without pacing: more only makes each slower, and the sockets' memory older. */
const SWEEP_AT_ONCE_UNPACED = 48;
/** Addresses swept at once with pacing: at 200 a second, each silent on nine ports, 5,400 are under way. */
const SWEEP_AT_ONCE_PACED = 6_000;
/** Systems under examination at once, those that only wait for a silent connection to be closed among them. */
const SYSTEMS_AT_ONCE = 1_024;
/** Systems asked at once without pacing: all on this machine, which has to answer too. */
const SYSTEMS_ASKED_AT_ONCE_UNPACED = 48;
/** How often the journal notes how far the sweep is. */
const NOTE_EVERY_MS = 1_000;

/** Addresses that could not be asked and are named in the report; of more than these it tells the number. */
const NOT_ASKED_TOLD_MAX = 1_000;
/** The check that asks whether something answers at an address at all. */
const REACHED_CHECK = 'D01';

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
    scanned: run.scanned,
    systems: run.systems,
    notAsked: run.notAsked,
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
  #notAskedCount = 0;
  /** The first of the addresses that could not be asked. */
  readonly notAsked: Finding[] = [];
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
    const workers = this.#workers();
    const unpaced =
      workers === undefined ? SWEEP_AT_ONCE_UNPACED : workers.list.length * ADDRESSES_PER_THREAD;
    this.#sweepSlots = new Slots(this.#pacer.isUnpaced ? unpaced : SWEEP_AT_ONCE_PACED);
    this.#sweep =
      workers === undefined
        ? new LocalSweep(this.#dialler, SWEEP_TIMEOUT_MS)
        : new SweepThreads({
            dialler: this.#dialler,
            workers,
            allowedForMs: () => scope.timeHoldsMs(now()),
          });
  }

  /** Threads for a sweep that is not paced, if it is worth any. */
  #workers(): SweepWorkers | undefined {
    const { scope, portList, sweepThreads, sweepWorkers } = this.#options;
    if (sweepWorkers !== undefined) return sweepWorkers;
    if (!this.#pacer.isUnpaced || portList !== undefined) return undefined;
    return startSweepWorkers(scope, sweepThreads);
  }

  get scanned(): Omit<ScannedCounts, 'responding'> {
    const notAsked = this.#notAskedCount;
    return { addresses: this.addresses - notAsked, ...(notAsked === 0 ? {} : { notAsked }) };
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
    this.isComplete = !this.#mustStop() && this.#notAskedCount === 0;
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
      const open = listed ?? (await this.#openPortsOf(target.address));
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
      if (error instanceof ProbeError) this.#noteUnasked(target.address, error);
      else this.#failure ??= error instanceof Error ? error : new Error('unknown failure');
    } finally {
      (isSwept ? this.#systemSlots : slots).give();
      this.#note(false);
    }
  }

  /** Throws NO_SOCKET when only some of the ports could be tried: the address has to be visited again as a whole. */
  async #openPortsOf(address: string): Promise<readonly number[]> {
    const { open, lackedSocket } = await this.#sweep.sweep(address, this.#options.scope.ports);
    if (lackedSocket) throw new ProbeError('NO_SOCKET');
    return open;
  }

  /** The address stays under way, so a run that is resumed visits it; until then nothing is known of it. */
  #noteUnasked(system: string, { code, message }: ProbeError): void {
    if (code === 'STOPPED') return;
    this.#notAskedCount++;
    if (this.notAsked.length >= NOT_ASKED_TOLD_MAX) return;
    this.notAsked.push({
      check: REACHED_CHECK,
      system,
      outcome: 'inconclusive',
      evidence: {},
      reason: `${code}: ${message}; then go on with --resume`,
      at: this.#now().toISOString(),
    });
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
