import { expect, test } from 'vitest';
import { ByteGate, GateFull, NoRoom } from './byte-gate.ts';

/** Work that ends when told to. */
function job(gate: ByteGate, bytes: number, begun: number[]): { end: () => void; done: Promise<void> } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const done = gate.run(bytes, () => {
    begun.push(bytes);
    return ended;
  });
  return { end, done };
}

test('work begins in the order of asking, while there is room for its bytes', async () => {
  const gate = new ByteGate(10, 10);
  const begun: number[] = [];
  const [first, second, third] = [job(gate, 6, begun), job(gate, 5, begun), job(gate, 1, begun)];
  await Promise.resolve();
  expect(begun).toEqual([6]);
  first.end();
  await first.done;
  await Promise.resolve();
  expect(begun).toEqual([6, 5, 1]);
  second.end();
  third.end();
  await Promise.all([second.done, third.done]);
});

test('what is larger than all the room runs alone, and what fails makes room', async () => {
  const gate = new ByteGate(10, 10);
  await expect(gate.run(99, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.run(99, () => Promise.resolve('done'))).toBe('done');
});

test('more than may wait are refused at once', async () => {
  const gate = new ByteGate(10, 1);
  const begun: number[] = [];
  const running = job(gate, 10, begun);
  const waiting = job(gate, 10, begun);
  await expect(gate.run(1, () => Promise.resolve())).rejects.toBeInstanceOf(GateFull);
  running.end();
  waiting.end();
  await Promise.all([running.done, waiting.done]);
});

test('room that is held can be made smaller and is given back once', async () => {
  const gate = new ByteGate(10, 10);
  const [first, second] = [await gate.hold(10), gate.hold(7)];
  let isIn = false;
  void second.then(() => (isIn = true));
  first.shrink(4);
  await Promise.resolve();
  expect(isIn).toBe(false);
  first.shrink(9);
  first.shrink(3);
  await second;
  first.release();
  first.release();
  const third = gate.hold(4);
  await Promise.resolve();
  (await second).release();
  (await third).release();
  await gate.hold(10);
});

test('who gives up waiting leaves its place, and those behind move up; who is in stays', async () => {
  const gate = new ByteGate(10, 10);
  const [first, second] = [new AbortController(), new AbortController()];
  const room = await gate.hold(6, first.signal);
  const large = gate.hold(9, second.signal);
  const small = gate.hold(4);
  first.abort();
  second.abort();
  await expect(large).rejects.toBeInstanceOf(NoRoom);
  (await small).release();
  room.release();
  await gate.hold(10);
  await expect(gate.hold(1, second.signal)).rejects.toBeInstanceOf(NoRoom);
});
