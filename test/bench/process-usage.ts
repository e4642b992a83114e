import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks of /proc/PID/stat on every Linux there is (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 100;

export interface Usage {
  /** User and system time of the server and its children, ms. */
  readonly cpuMs: number;
  /** Largest resident set, all its processes together, MiB. */
  readonly peakMiB: number;
}

/** Whether /proc tells what a process uses; elsewhere the bench prints no CPU time and no memory. */
export const usageIsKnown = existsSync('/proc/self/stat');

/** Measures what a process and its children use between two moments. */
export class UsageMeter {
  readonly #pids: readonly number[];
  readonly #cpuBefore: number;
  #peakKiB = 0;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param others processes that belong to it without being its children */
  constructor(pid: number, ...others: readonly (number | undefined)[]) {
    this.#pids = [pid, ...others.filter((other) => other !== undefined)];
    this.#cpuBefore = cpuTicks(this.#pids);
    for (const each of tree(this.#pids)) resetPeak(each);
    if (usageIsKnown) this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  stop(): Usage {
    clearInterval(this.#timer);
    this.#sample();
    const ticks = cpuTicks(this.#pids) - this.#cpuBefore;
    return { cpuMs: (ticks * 1000) / TICKS_PER_SECOND, peakMiB: this.#peakKiB / 1024 };
  }

  /** Of one process the kernel knows the peak; of several together only a sample does. */
  #sample(): void {
    const pids = tree(this.#pids);
    const field = pids.length > 1 ? 'VmRSS' : 'VmHWM';
    const sum = pids.reduce((total, pid) => total + statusKiB(pid, field), 0);
    this.#peakKiB = Math.max(this.#peakKiB, sum, statusKiB(pids[0] ?? 0, 'VmHWM'));
  }
}

/** Proportional set size of a process and its children, MiB: pages they share are counted once. */
export function proportionalMiB(pid: number): number {
  const sizes = tree([pid]).map((each) => {
    const text = readOr(`/proc/${each}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
  });
  return sizes.reduce((total, size) => total + size, 0) / 1024;
}

/** Processes and all their children. */
function tree(roots: readonly number[]): number[] {
  const pids = [...roots];
  for (const each of pids) pids.push(...childrenOf(each));
  return pids;
}

/** Every thread may have children. */
function childrenOf(pid: number): number[] {
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
  }
  const lists = threads.map((thread) => readOr(`/proc/${pid}/task/${thread}/children`));
  return lists.flatMap((list) =>
    list
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
}

/** Of all that live, and of those that ended and were waited for. */
function cpuTicks(roots: readonly number[]): number {
  return tree(roots).reduce((total, each) => {
    // The name stands in brackets and may hold anything; user, system and the children's times are fields 14 to 17.
    const fields = readOr(`/proc/${each}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
      .slice(11, 15);
    return total + fields.reduce((sum, field) => sum + Number(field), 0);
  }, 0);
}

function statusKiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readOr(`/proc/${pid}/status`));
  return Number(match?.[1] ?? 0);
}

function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not ours or not Linux: then the peak is that of its whole life.
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
