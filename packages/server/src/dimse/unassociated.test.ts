import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Unassociated, UnassociatedConnections } from './unassociated.ts';

const SILENCE_MS = 20;

/** Connections of one source, by number; `dropped` fills as they are told to go. */
function open(connections: UnassociatedConnections, count: number, source = 'a') {
  const dropped: number[] = [];
  const opened = Array.from({ length: count }, (_, i) => connections.begin(source, () => dropped.push(i)));
  return { dropped, opened };
}

test('of eight that say nothing the oldest go, and four may stay', async () => {
  const connections = new UnassociatedConnections(SILENCE_MS);
  const { dropped } = open(connections, 8);
  expect(dropped).toEqual([]);
  await wait(10 * SILENCE_MS);
  expect(dropped).toEqual([0, 1, 2, 3]);
});

test('many at once that ask for an association in time all keep their connection', async () => {
  const connections = new UnassociatedConnections(SILENCE_MS);
  const { dropped, opened } = open(connections, 64);
  for (const one of opened) one?.end();
  await wait(10 * SILENCE_MS);
  expect(dropped).toEqual([]);
});

test('whoever came later than those who keep silent gets in, and they go', async () => {
  const connections = new UnassociatedConnections(SILENCE_MS);
  const silent = open(connections, 4);
  await wait(10 * SILENCE_MS);
  expect(silent.dropped).toEqual([]);
  const device = open(connections, 1);
  await wait(10 * SILENCE_MS);
  expect(silent.dropped).toEqual([0]);
  expect(device.dropped).toEqual([]);
});

test('those of a device that is known by its certificate may all stay silent', async () => {
  const connections = new UnassociatedConnections(SILENCE_MS);
  const opened = Array.from({ length: 64 }, () => connections.begin('serial'));
  await wait(10 * SILENCE_MS);
  expect(opened.every((one) => one !== undefined)).toBe(true);
  expect(connections.begin('serial')).toBeUndefined();
});

test('one source holds a quarter of all places; another still finds one, until all are taken', () => {
  const connections = new UnassociatedConnections(SILENCE_MS);
  const count = (source: string): number =>
    open(connections, 70, source).opened.filter((one) => one !== undefined).length;
  expect(['a', 'b', 'c', 'd', 'e'].map(count)).toEqual([64, 64, 64, 64, 0]);
});

test('a place that was given back twice is free once', () => {
  const connections = new UnassociatedConnections(SILENCE_MS);
  const { opened } = open(connections, 64);
  const [first] = opened as [Unassociated];
  first.end();
  first.end();
  expect(open(connections, 2).opened.filter((one) => one !== undefined)).toHaveLength(1);
});
