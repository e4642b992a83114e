import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ArchiveIndex, openIndex, type QuarantineRecord } from './index.ts';

let index: ArchiveIndex;
beforeEach(() => {
  index = openIndex({ location: ':memory:' });
});
afterEach(() => index.close());

const recordOf = (number: number, sopInstanceUID = '1.2.3'): QuarantineRecord => ({
  sopInstanceUID,
  studyInstanceUID: '1.2',
  seriesInstanceUID: '1.2.1',
  sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  keySlot: number,
  location: new Uint8Array([number]),
});

test('quarantine is told of page by page, in the order in which it came, each once', () => {
  const records = Array.from({ length: 7 }, (_, number) => recordOf(number, `1.2.${number % 3}`));
  index.quarantine(records);
  index.quarantine(records);
  const told: QuarantineRecord[] = [];
  let pages = 0;
  for (let after: number | undefined = 0; after !== undefined; pages++) {
    const page = index.quarantinePage(after, 3);
    told.push(...page.records);
    after = page.next;
  }
  expect(pages).toBe(3);
  expect(told.map(({ keySlot }) => keySlot)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(told[5]).toEqual(records[5]);
});

test('of one UID the latest eight are told, all when they are asked for', () => {
  index.quarantine(Array.from({ length: 10 }, (_, number) => recordOf(number)));
  expect(index.quarantined('1.2.3').map(({ keySlot }) => keySlot)).toEqual([9, 8, 7, 6, 5, 4, 3, 2]);
  expect(index.quarantined('1.2.3', Infinity)).toHaveLength(10);
});

test('what leaves quarantine is gone, and nothing beside it; what is not there is passed over', () => {
  index.quarantine([recordOf(1), recordOf(2), recordOf(1, '1.2.4')]);
  index.unquarantine([recordOf(1), recordOf(9)]);
  expect(index.quarantinePage(0, 10).records).toEqual([recordOf(2), recordOf(1, '1.2.4')]);
  index.quarantine([recordOf(1)]);
  expect(index.quarantined('1.2.3').map(({ keySlot }) => keySlot)).toEqual([1, 2]);
});
