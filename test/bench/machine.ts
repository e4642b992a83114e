import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { quantile } from './statistics.ts';

const SYNC_SAMPLES = 60;
const MIB = 1024 * 1024;

export interface MachineFacts {
  readonly cores: number;
  readonly model: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly loadAverage: number;
  /** fdatasync after appending so much to a fresh file, median and 95th percentile, ms. */
  readonly sync525KB: readonly [number, number];
  readonly sync4KB: readonly [number, number];
}

/** Type of a tmpfs, of statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/** Whether a folder is in memory: there fdatasync does nothing, and nothing durable can be measured. */
export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === TMPFS_MAGIC;
}

export function machineFacts(folder: string): MachineFacts {
  const [cpu] = cpus();
  return {
    cores: cpus().length,
    model: cpu?.model ?? '',
    memoryGiB: Math.round(totalmem() / 1024 / MIB),
    kernel: release(),
    node: process.version,
    loadAverage: loadavg()[0] ?? NaN,
    sync525KB: syncTimes(folder, 525_000),
    sync4KB: syncTimes(folder, 4096),
  };
}

function syncTimes(folder: string, bytes: number): readonly [number, number] {
  const file = join(folder, 'sync-probe');
  const data = Buffer.alloc(bytes, 1);
  const descriptor = openSync(file, 'w');
  const times: number[] = [];
  for (let sample = 0; sample < SYNC_SAMPLES; sample++) {
    writeSync(descriptor, data);
    const startedAt = performance.now();
    fdatasyncSync(descriptor);
    times.push(performance.now() - startedAt);
  }
  closeSync(descriptor);
  rmSync(file);
  times.sort((a, b) => a - b);
  return [quantile(times, 0.5), quantile(times, 0.95)];
}

/** Left free, so that the system need not look for memory the moment somebody asks. */
const LEFT_FREE_BYTES = 512 * MIB;
/** A file without any content, as long as no machine has memory. */
const HOLE_BYTES = 2 ** 42;

/**
 * Keeps the machine's free memory full of cached pages of a file that holds nothing, as memory is on a machine that has
 * run for a while. On a virtual machine free memory may belong to the host: touching a page of it for the first time cost
 * 7 to 17 microseconds where one that is used again cost 2 to 3, more than all else in storing an instance, paid by
 * whoever happened to write first. Pages of this file are given up when anybody needs memory.
 */
export class FilledMemory {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(4 * MIB);
  #position = 0;

  /** @param folder on a disk; nothing is written there */
  constructor(folder: string) {
    const file = join(folder, 'filled-memory');
    this.#descriptor = openSync(file, 'w+');
    rmSync(file);
    ftruncateSync(this.#descriptor, HOLE_BYTES);
  }

  /**
   * Fills what is free now. One pass: a system that gives memory back to its host takes pages away again meanwhile. Does
   * nothing where the kernel does not tell what is free.
   */
  fill(): void {
    const end = this.#position + freeBytes() - LEFT_FREE_BYTES;
    while (this.#position < end) {
      readSync(this.#descriptor, this.#buffer, 0, this.#buffer.length, this.#position);
      this.#position += this.#buffer.length;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const MEMORY_FACTS = '/proc/meminfo';

/** Memory that holds nothing, not even something that could be given up; 0 where that is not known. */
function freeBytes(): number {
  if (!existsSync(MEMORY_FACTS)) return 0;
  const [, kibibytes] = /^MemFree: +(\d+) kB$/m.exec(readFileSync(MEMORY_FACTS, 'latin1')) ?? [];
  return Number(kibibytes ?? 0) * 1024;
}

/** Writes out what others left in the page cache, so that it is not paid for by who is measured next. */
export function syncDisks(): void {
  execFileSync('sync');
}
