import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AcceptReader } from './accept-reader.ts';
import { Turns } from './turns.ts';

test('answers go on in the order of asking, one in each turn of the event loop', async () => {
  const turns = new Turns();
  const given: number[] = [];
  for (const each of [1, 2, 3]) void turns.next().then(() => given.push(each));
  for (const sofar of [[1], [1, 2], [1, 2, 3]]) {
    await turn();
    expect(given).toEqual(sofar);
  }
  void turns.next().then(() => given.push(4));
  await turn();
  expect(given).toEqual([1, 2, 3, 4]);
});

test('an answer is alone until another begins, and again when that is over', () => {
  const turns = new Turns();
  turns.begin();
  expect(turns.isShared).toBe(false);
  const over = turns.begin();
  expect(turns.isShared).toBe(true);
  over();
  expect(turns.isShared).toBe(false);
});

test('who is alone is so when no two were under way together for a moment', () => {
  let nowMs = 0;
  const turns = new Turns(() => nowMs);
  const over = turns.begin();
  expect(turns.isAlone).toBe(true);
  turns.begin()();
  expect([turns.isShared, turns.isAlone]).toEqual([false, false]);
  nowMs += 49;
  expect(turns.isAlone).toBe(false);
  nowMs += 1;
  expect(turns.isAlone).toBe(true);
  over();
  turns.begin();
  expect(turns.isAlone).toBe(true);
});

test('what a client takes is read once, the parameter before the header, and refused each time', () => {
  const reader = new AcceptReader();
  const wishes = reader.wishes('image/jpeg', undefined);
  expect(wishes.map(({ type }) => type)).toEqual(['image/jpeg']);
  expect(reader.wishes('image/jpeg', undefined)).toBe(wishes);
  expect(reader.wishes('image/jpeg', 'image/png').map(({ type }) => type)).toEqual(['image/png']);
  expect(reader.wishes(undefined, undefined).map(({ type }) => type)).toEqual(['*/*']);
  for (let time = 0; time < 2; time++) expect(() => reader.wishes(',', undefined)).toThrow();
});
