import { afterEach, describe, expect, test } from 'vitest';
import { renderInputs } from '../rendering/render-inputs.ts';
import { description, samplesOf } from '../testing/frames.ts';
import { DataSet, Tag } from '@leadglass/dicom';
import { ImagingPool } from './imaging-pool.ts';
import type { ImagingPoolOptions } from './imaging-pool.ts';

const pools: ImagingPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function open(options: ImagingPoolOptions = {}): ImagingPool {
  const pool = new ImagingPool(options);
  pools.push(pool);
  return pool;
}

/** Rows decide what the worker of the tests does. */
const misbehaving = new URL('../testing/misbehaving-worker.ts', import.meta.url);
const HANGS = description({ rows: 1 });
const EXITS = description({ rows: 2 });
const THROWS = description({ rows: 3 });
const HOARDS = description({ rows: 4 });
const IS_SLOW = description({ rows: 5 });
const WORKS = description({ rows: 6 });
const bytes = Uint8Array.of(1, 2, 3);

describe('the pool of workers', () => {
  test('decodes, transcodes and renders', async () => {
    const pool = open({ workers: 1 });
    const grey = description({ rows: 32, columns: 32 });
    const samples = samplesOf(grey);
    expect((await pool.decodeFrame(grey, samples)).samples).toEqual(samples);
    const rle = await pool.transcodeFrame(grey, samples, '1.2.840.10008.1.2.5');
    const compressed = { ...grey, transferSyntaxUID: '1.2.840.10008.1.2.5' };
    expect((await pool.decodeFrame(compressed, rle.bytes)).samples).toEqual(samples);
    const dataSet = new DataSet();
    dataSet.set(Tag.Rows, 32);
    dataSet.set(Tag.Columns, 32);
    dataSet.set(Tag.BitsAllocated, 16);
    const rendered = await pool.render(renderInputs(dataSet, grey.transferSyntaxUID), [samples]);
    expect(rendered).toMatchObject({ mediaType: 'image/jpeg', rows: 32, columns: 32 });
    expect([...rendered.bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
  });

  test('tells what is wrong with a frame, and goes on', async () => {
    const pool = open({ workers: 1 });
    const wrong = { ...description(), transferSyntaxUID: '1.2.840.10008.1.2.4.80' };
    await expect(pool.decodeFrame(wrong, bytes)).rejects.toMatchObject({ code: 'CODESTREAM_INVALID' });
    const grey = description();
    await expect(pool.decodeFrame(grey, samplesOf(grey))).resolves.toBeDefined();
  });

  test('copies what it is given, and takes it away only when told to', async () => {
    const pool = open({ workers: 1, workerURL: misbehaving });
    const given = Uint8Array.of(4, 5, 6);
    await pool.decodeFrame(WORKS, given);
    expect(given.length).toBe(3);
    await pool.decodeFrame(WORKS, given, { transfersInput: true });
    expect(given.length).toBe(0);
  });

  test('stops a job that takes too long; others go on', async () => {
    const pool = open({ workers: 2, jobTimeoutMs: 1500, workerURL: misbehaving });
    const hung = pool.decodeFrame(HANGS, bytes);
    const others = [1, 2, 3, 4].map(() => pool.decodeFrame(WORKS, bytes));
    await expect(hung).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await expect(Promise.all(others)).resolves.toHaveLength(4);
    await expect(pool.decodeFrame(WORKS, bytes)).resolves.toBeDefined();
  });

  test('does background jobs one at a time, when nothing else waits', async () => {
    const pool = open({ workers: 2, workerURL: misbehaving });
    const done: string[] = [];
    const run = async (name: string, isBackground: boolean): Promise<void> => {
      await pool.decodeFrame(IS_SLOW, bytes, { isBackground });
      done.push(name);
    };
    const background = ['b1', 'b2', 'b3'].map((name) => run(name, true));
    await Promise.all([...background, ...['1', '2', '3', '4'].map((name) => run(name, false))]);
    expect(done.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    expect(done.indexOf('b2')).toBeGreaterThan(done.indexOf('3'));
    expect(done.at(-1)).toBe('b3');
  });

  test('closes with background jobs waiting: they are told', async () => {
    const pool = open({ workers: 1, workerURL: misbehaving });
    const jobs = [1, 2].map(() => pool.decodeFrame(IS_SLOW, bytes, { isBackground: true }));
    const outcomes = Promise.allSettled(jobs);
    await pool.close();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'POOL_CLOSED' } });
  });

  test('replaces a worker that died; its job alone is lost', async () => {
    const pool = open({ workers: 1, workerURL: misbehaving });
    for (const fatal of [EXITS, THROWS]) {
      const lost = pool.decodeFrame(fatal, bytes);
      const next = pool.decodeFrame(WORKS, bytes);
      await expect(lost).rejects.toMatchObject({ code: 'WORKER_DIED' });
      await expect(next).resolves.toBeDefined();
    }
  });

  test('ends a worker that takes too much memory', async () => {
    const pool = open({ workers: 1, heapMaxMegabytes: 32, workerURL: misbehaving });
    const lost = pool.decodeFrame(HOARDS, bytes);
    await expect(lost).rejects.toMatchObject({ code: 'MEMORY_LIMIT' });
    await expect(pool.decodeFrame(WORKS, bytes)).resolves.toBeDefined();
  });

  test('holds the memory of codecs below its limit', async () => {
    const large = description({ rows: 9000, columns: 9000, bitsAllocated: 8 });
    const small = description({ rows: 64, columns: 64, bitsAllocated: 8 });
    const pool = open({ workers: 1, codecMemoryMaxBytes: 64 * 1024 * 1024 });
    const to = '1.2.840.10008.1.2.4.80';
    const refused = pool.transcodeFrame(large, new Uint8Array(81_000_000), to).then(() => 'made');
    await expect(refused).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
    });
    await expect(pool.transcodeFrame(small, samplesOf(small), to)).resolves.toBeDefined();
  });

  test('refuses more than may wait', async () => {
    const pool = open({ workers: 1, queueMax: 2, workerURL: misbehaving });
    const accepted = [1, 2, 3].map(() => pool.decodeFrame(IS_SLOW, bytes));
    await expect(pool.decodeFrame(IS_SLOW, bytes)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await expect(Promise.all(accepted)).resolves.toHaveLength(3);
  });

  test('drops what its caller no longer wants', async () => {
    const pool = open({ workers: 1, workerURL: misbehaving });
    const first = pool.decodeFrame(IS_SLOW, bytes);
    const controller = new AbortController();
    const second = pool.decodeFrame(IS_SLOW, bytes, { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(first).resolves.toBeDefined();
  });

  test('when closed rejects what was not done', async () => {
    const pool = open({ workers: 1, workerURL: misbehaving });
    const jobs = [IS_SLOW, IS_SLOW].map((job) => pool.decodeFrame(job, bytes));
    const outcomes = Promise.allSettled(jobs);
    await pool.close();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'POOL_CLOSED' } });
    await expect(pool.decodeFrame(WORKS, bytes)).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });
});
