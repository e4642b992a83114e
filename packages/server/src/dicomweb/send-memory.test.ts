import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SendMemory, WHOLE_BODY_MAX_BYTES } from './send-memory.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const marked = (memory: ArrayBuffer): ArrayBuffer => {
  new Uint8Array(memory)[0] = 7;
  return memory;
};
const isUsedBefore = (memory: ArrayBuffer): boolean => new Uint8Array(memory)[0] === 7;

describe('Memory for bodies that are made whole', () => {
  test('is used again, and never by two at once', () => {
    const memory = new SendMemory();
    const first = marked(memory.take());
    expect(isUsedBefore(memory.take())).toBe(false);
    memory.giveBack(first);
    const again = memory.take();
    expect(isUsedBefore(again)).toBe(true);
    expect(again.byteLength).toBe(WHOLE_BODY_MAX_BYTES);
    expect(isUsedBefore(memory.take())).toBe(false);
  });

  test('is out of sight for whoever had it, and given back once', () => {
    const memory = new SendMemory();
    const first = marked(memory.take());
    const seen = new Uint8Array(first);
    memory.giveBack(first);
    memory.giveBack(first);
    expect(seen.length).toBe(0);
    expect([memory.take(), memory.take()].map(isUsedBefore)).toEqual([true, false]);
  });

  test('of another size is not kept', () => {
    const memory = new SendMemory();
    memory.giveBack(marked(new ArrayBuffer(WHOLE_BODY_MAX_BYTES + 1)));
    expect(memory.take().byteLength).toBe(WHOLE_BODY_MAX_BYTES);
  });

  test('is kept for a few, and not for long: what was sent does not stay', () => {
    const memory = new SendMemory();
    const kept = (): number => {
      const taken = Array.from({ length: 40 }, () => memory.take());
      return taken.filter(isUsedBefore).length;
    };
    const many = Array.from({ length: 40 }, () => marked(memory.take()));
    for (const each of many) memory.giveBack(each);
    expect(kept()).toBe(8);
    memory.giveBack(marked(memory.take()));
    vi.advanceTimersByTime(1_000);
    expect(kept()).toBe(0);
  });

  test('stays while it is used, what is not used beside it goes', () => {
    const memory = new SendMemory();
    for (const each of [1, 2, 3].map(() => marked(memory.take()))) memory.giveBack(each);
    for (let time = 0; time < 20; time++) {
      vi.advanceTimersByTime(100);
      memory.giveBack(memory.take());
    }
    const left = [memory.take(), memory.take(), memory.take()];
    expect(left.map(isUsedBefore)).toEqual([true, false, false]);
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
