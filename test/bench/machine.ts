import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
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

const MEMORY_FOLDER = '/dev/shm';

/**
 * Touches so much memory once and gives it back. On a virtual machine the first touch of a page can cost more than
 * all else in storing an instance, and would be paid by whoever happens to write first.
 */
export function touchMemory(mebibytes: number): void {
  if (!existsSync(MEMORY_FOLDER)) return;
  const file = join(MEMORY_FOLDER, `leadglass-bench-${process.pid}`);
  const block = Buffer.alloc(4 * MIB, 1);
  const descriptor = openSync(file, 'w');
  try {
    for (let written = 0; written < mebibytes; written += 4) writeSync(descriptor, block);
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}

/** Writes out what others left in the page cache, so that it is not paid for by who is measured next. */
export function syncDisks(): void {
  execFileSync('sync');
}
