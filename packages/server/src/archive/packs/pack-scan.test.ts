import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { noise } from '../testing/instances.ts';
import { PackBench } from '../testing/pack-bench.ts';
import { encodePackHeader, PACK_HEADER_BYTES, packFileName, RECORD_HEADER_BYTES } from './format.ts';
import { type Damage, holdsPosition, listPacks, scanPack } from './pack-scan.ts';

const folders = new Folders();
afterAll(() => folders.remove());

/** A pack of instances of several sizes and notes, as it was written. */
let original: Buffer;
let places: { offset: number; end: number }[];

beforeAll(async () => {
  const bench = new PackBench(folders.make());
  for (let i = 0; i < 8; i++) {
    await bench.write(noise(100 + i * 60_000, i + 1), { name: `i${i}` });
    await bench.writer.commit(undefined, undefined, `note ${i}`);
  }
  await bench.close();
  original = readFileSync(join(bench.folder, packFileName(1)));
  places = bench.scan().records.map(({ offset, header }) => ({
    offset,
    end: offset + RECORD_HEADER_BYTES + header.payloadLength,
  }));
});

function scan(content: Uint8Array, from = 0): { offsets: number[]; damage: Damage[] } {
  const folder = folders.make();
  writeFileSync(join(folder, packFileName(1)), content);
  const damage: Damage[] = [];
  const offsets = [...scanPack(folder, 1, from, (one) => damage.push(one))].map(({ offset }) => offset);
  return { offsets, damage };
}

const offsetsOf = (some: readonly { offset: number }[]): number[] => some.map(({ offset }) => offset);

function placeAt(i: number): { offset: number; end: number } {
  const place = places[i % places.length];
  if (!place) throw new Error('no record');
  return place;
}

describe('a scan', () => {
  test('gives every record in order, without a gap between them', () => {
    expect(scan(original)).toEqual({ offsets: offsetsOf(places), damage: [] });
    expect(places[0]?.offset).toBe(PACK_HEADER_BYTES);
    for (let i = 1; i < places.length; i++) expect(placeAt(i).offset).toBe(placeAt(i - 1).end);
    expect(places.at(-1)?.end).toBe(original.length);
  });

  test('begins at any record', () => {
    for (const [i, { offset }] of places.entries()) {
      expect(scan(original, offset).offsets).toEqual(offsetsOf(places.slice(i)));
    }
    expect(scan(original, original.length).offsets).toEqual([]);
    expect(scan(original, original.length + 1000)).toEqual({ offsets: [], damage: [] });
  });

  test('one damaged header costs that record and no other, and is told', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(RECORD_HEADER_BYTES - 1),
        fc.integer({ min: 1, max: 255 }),
        (i, at, flip) => {
          const { offset, end } = placeAt(i);
          const content = Buffer.from(original);
          content[offset + at] = (content[offset + at] ?? 0) ^ flip;
          const { offsets, damage } = scan(content);
          expect(offsets).toEqual(offsetsOf(places).filter((one) => one !== offset));
          expect(damage).toEqual([{ packID: 1, from: offset, to: end }]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('one damaged byte of a note costs that note', () => {
    const notes = places.filter(({ offset, end }) => end - offset < RECORD_HEADER_BYTES + 40);
    expect(notes.length).toBeGreaterThan(8);
    for (const { offset, end } of notes) {
      const content = Buffer.from(original);
      content[end - 3] = (content[end - 3] ?? 0) ^ 1;
      const { offsets, damage } = scan(content);
      expect(offsets).toEqual(offsetsOf(places).filter((one) => one !== offset));
      expect(damage).toEqual([{ packID: 1, from: offset, to: end }]);
    }
  });

  test('a stretch overwritten anywhere costs no record outside of it', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 300_000 }),
        fc.constantFrom(0x00, 0xff, 0x4c),
        (at, length, fill) => {
          const from = PACK_HEADER_BYTES + (at % (original.length - PACK_HEADER_BYTES));
          const to = Math.min(original.length, from + length);
          const content = Buffer.from(original).fill(fill, from, to);
          const { offsets } = scan(content);
          const untouched = places.filter(({ offset, end }) => end <= from || offset >= to);
          for (const { offset } of untouched) expect(offsets).toContain(offset);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('zeros ahead are no damage; zeros with records behind them are', () => {
    const ahead = Buffer.concat([original, Buffer.alloc(3 * 1024 * 1024)]);
    expect(scan(ahead)).toEqual({ offsets: offsetsOf(places), damage: [] });
    const { offset, end } = placeAt(3);
    const { offsets, damage } = scan(Buffer.from(original).fill(0, offset, end));
    expect(offsets).toEqual(offsetsOf(places).filter((one) => one !== offset));
    expect(damage).toEqual([{ packID: 1, from: offset, to: end }]);
  });

  test('a tail cut anywhere is recognised: every whole record before the cut, then the end', () => {
    fc.assert(
      fc.property(fc.nat(original.length), (length) => {
        const { offsets, damage } = scan(original.subarray(0, length));
        const whole = places.filter(({ end }) => end <= length);
        expect(offsets).toEqual(offsetsOf(whole));
        expect(damage.length).toBeLessThanOrEqual(length < PACK_HEADER_BYTES ? 1 : 1);
        for (const { to } of damage) expect(to).toBeLessThanOrEqual(Math.max(length, PACK_HEADER_BYTES));
      }),
      { numRuns: 60 },
    );
  });

  test('any bytes are a pack without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (content, withHeader) => {
        const bytes = withHeader ? Buffer.concat([encodePackHeader(1, 0), content]) : content;
        expect(scan(bytes).offsets).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('a pack under the name of another shows its header as damage and no records', () => {
    const folder = folders.make();
    writeFileSync(join(folder, packFileName(2)), original);
    const damage: Damage[] = [];
    expect([...scanPack(folder, 2, 0, (one) => damage.push(one))]).toEqual([]);
    expect(damage[0]).toEqual({ packID: 2, from: 0, to: PACK_HEADER_BYTES });
  });
});

test('packs are listed by number; other files of the folder are none', () => {
  const folder = folders.make();
  const names = [2, 10, 1].map(packFileName);
  for (const name of [...names, 'notes.txt', '1.pack', '00000003.pack.new', 'x00000004.pack']) {
    writeFileSync(join(folder, name), '');
  }
  expect(listPacks(folder)).toEqual([1, 2, 10]);
});

describe('a position', () => {
  test('is held where a record ends, and nowhere else', () => {
    const folder = folders.make();
    writeFileSync(join(folder, packFileName(1)), original);
    for (const { end } of places) {
      expect(holdsPosition(folder, { packID: 1, offset: end })).toBe(true);
      for (const wrong of [end - 1, end + 1, end + RECORD_HEADER_BYTES]) {
        expect(holdsPosition(folder, { packID: 1, offset: wrong })).toBe(false);
      }
    }
    for (const offset of [0, PACK_HEADER_BYTES])
      expect(holdsPosition(folder, { packID: 1, offset })).toBe(true);
    expect(holdsPosition(folder, { packID: 2, offset: 0 })).toBe(false);
  });

  test('beyond what a pack has is not held, though zeros were written ahead', () => {
    const folder = folders.make();
    const file = join(folder, packFileName(1));
    writeFileSync(file, original);
    const { end } = placeAt(places.length - 1);
    const { offset } = placeAt(places.length - 1);
    truncateSync(file, offset);
    expect(holdsPosition(folder, { packID: 1, offset: end })).toBe(false);
    appendFileSync(file, Buffer.alloc(1024 * 1024));
    expect(holdsPosition(folder, { packID: 1, offset: end })).toBe(false);
    expect(holdsPosition(folder, { packID: 1, offset })).toBe(true);
  });
});
