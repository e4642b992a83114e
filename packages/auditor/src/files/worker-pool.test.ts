import { describe, expect, test } from 'vitest';
import { Tally } from './tally.ts';
import { WorkerPool } from './worker-pool.ts';

async function run(paths: readonly string[], workerCount = 1, fileTimeoutMs = 1_500): Promise<Tally['data']> {
  const tally = new Tally();
  const pool = new WorkerPool({
    workerCount,
    settings: { showPaths: false, s3: undefined, clamd: undefined },
    onTally: (part) => {
      tally.merge(part);
    },
    fileTimeoutMs,
    workerURL: new URL('./testing/failing-worker.ts', import.meta.url),
  });
  for (const [index, path] of paths.entries()) {
    await pool.submit({ ordinal: index + 1, path: Buffer.from(path) });
  }
  await pool.drain();
  await pool.close();
  return tally.data;
}

describe('worker pool', () => {
  test.each([
    ['hang', 'TIMEOUT', 'reader-timeout'],
    ['crash', 'WORKER_FAILED', 'reader-worker-failed'],
    ['memory', 'OUT_OF_MEMORY', 'reader-out-of-memory'],
  ])('a file that makes its worker %s is told of, and the others are done', async (what, code, kind) => {
    // Filling memory takes a while on a busy machine; only a hang is to run into the timeout.
    const tally = await run(['a', 'b', what, 'c', 'd'], 1, what === 'hang' ? 1_500 : 50_000);
    expect(tally.files).toBe(5);
    expect(tally.damaged).toEqual({ [code]: 1 });
    expect(tally.flagged).toEqual([{ ordinal: 3, check: 'P07', kinds: [kind] }]);
  });

  test('a member that hangs costs only itself', async () => {
    const tally = await run(['a', 'archive', 'b'], 2);
    expect(tally.files).toBe(3);
    expect(tally.members).toBe(5);
    expect(tally.flagged).toEqual([{ ordinal: 2, member: 3, check: 'P07', kinds: ['reader-timeout'] }]);
  });

  test('more files than are held at a time are all done once', async () => {
    const tally = await run(
      Array.from({ length: 1_000 }, () => 'x'),
      2,
    );
    expect(tally.files).toBe(1_000);
  });
});
