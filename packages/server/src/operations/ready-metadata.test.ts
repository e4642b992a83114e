import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DataSet, Tag } from '@leadglass/dicom';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { instanceOf, instanceUID, studyUID } from '../archive/testing/instances.ts';
import { collected } from './stored-bytes.ts';
import type { Workplace } from './operation.ts';
import { type Links, type Ready, READY_METADATA_FORM, ReadyMetadata } from './ready-metadata.ts';
import { TestWorkplace } from './testing/workplaces.ts';
import { type View, viewOf } from './viewing.ts';

const SERIES = { studyInstanceUID: studyUID(1), seriesInstanceUID: `${studyUID(1)}.1` };
const ADDRESS = 'https://archive.example/dicom-web';
const MOVED = 'https://moved.example:8443/elsewhere/dicom-web';
const breathe = (): Promise<void> => Promise.resolve();

let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
  for (const number of [1, 2, 3]) await workplace.store(instanceOf({ number }));
});
afterEach(() => workplace.close());

const linksOf = (address: string): Links => ({
  address,
  instanceURL: ({ sopInstanceUID }) => `${address}/instances/${sopInstanceUID}`,
});

/** As a process has it that was just started. */
const fresh = (address = ADDRESS, maxBytes?: number): ReadyMetadata =>
  new ReadyMetadata(workplace, linksOf(address), { maxBytes });

/** A view that counts how often the packs are read. */
function counting(target = SERIES): View & { reads: number } {
  const view = viewOf(workplace.archive, target);
  const counted = {
    ...view,
    reads: 0,
    read(...args: Parameters<View['read']>) {
      counted.reads++;
      return view.read(...args);
    },
  };
  return counted;
}

type Instances = Record<string, { Value?: unknown[]; BulkDataURI?: string }>[];
const parsed = ({ gzipped }: Ready): Instances => JSON.parse(gunzipSync(gzipped).toString()) as Instances;
const numbersIn = (ready: Ready): unknown[] => parsed(ready).map((each) => each['00200013']?.Value?.[0]);
const linksIn = (ready: Ready): unknown[] => parsed(ready).map((each) => each['7FE00010']?.BulkDataURI);

const shelf = (): string => join(workplace.folder, 'derived', 'ready-metadata');
const files = (): string[] => readdirSync(shelf()).filter((name) => !name.endsWith('.new'));
/** An answer is on the disk a moment after it was given. */
const onDisk = (count = 1): Promise<void> => vi.waitFor(() => expect(files()).toHaveLength(count));

describe('series metadata', () => {
  test('is made once, and read from the disk by the next process', async () => {
    const [first, second] = [counting(), counting()];
    const made = await fresh().ofSeries(first, SERIES);
    expect(first.reads).toBeGreaterThan(0);
    expect(numbersIn(made)).toEqual([1, 2, 3]);
    await onDisk();
    const again = fresh();
    expect(await again.ofSeries(second, SERIES)).toEqual(made);
    expect(await again.ofSeries(second, SERIES)).toEqual(made);
    expect(second.reads).toBe(0);
  });

  test('that was made ahead is given to the first who asks, without reading the packs', async () => {
    await fresh().makeAhead(SERIES, breathe);
    await onDisk();
    const view = counting();
    expect(numbersIn(await fresh().ofSeries(view, SERIES))).toEqual([1, 2, 3]);
    expect(view.reads).toBe(0);
  });

  test('is not made ahead where it is there, nor of what is no longer held', async () => {
    const metadata = fresh();
    await metadata.makeAhead(SERIES, breathe);
    await onDisk();
    let breaths = 0;
    const counted = (): Promise<void> => Promise.resolve(void breaths++);
    await metadata.makeAhead(SERIES, counted);
    await metadata.makeAhead({ ...SERIES, seriesInstanceUID: '1.2.3' }, counted);
    expect(breaths).toBe(0);
  });

  test('is the same whether it was made ahead or when it was asked for, inflated or not', async () => {
    const asked = await fresh(ADDRESS, 0).ofSeries(counting(), SERIES);
    const metadata = fresh();
    const plain = Buffer.from(await collected(metadata.plain(asked)));
    expect(plain.equals(gunzipSync(asked.gzipped))).toBe(true);
    expect(plain.length).toBe(asked.plainBytes);
    expect(Buffer.from(await collected(metadata.plain(asked))).equals(plain)).toBe(true);
    const long = randomBytes(17 * 1024 * 1024);
    const streamed = metadata.plain({
      gzipped: gzipSync(long, { level: 1 }),
      plainBytes: long.length,
      stamp: '',
    });
    expect(long.equals(await collected(streamed))).toBe(true);
  });

  test('is made anew when an instance was added, removed or replaced', async () => {
    const numbers = async (): Promise<unknown[]> => {
      // From memory, and as another process finds it on the disk.
      const both = [await metadata.ofSeries(counting(), SERIES), await fresh().ofSeries(counting(), SERIES)];
      expect(both[1]).toEqual(both[0]);
      return numbersIn(both[0] as Ready);
    };
    const metadata = fresh();
    await numbers();
    await onDisk();
    await workplace.store(instanceOf({ number: 4 }));
    expect(await numbers()).toEqual([1, 2, 3, 4]);
    workplace.archive.index.remove([instanceUID(1, 1, 2)]);
    expect(await numbers()).toEqual([1, 3, 4]);
    workplace.archive.index.remove([instanceUID(1, 1, 4)]);
    await workplace.store(
      instanceOf({ number: 4, change: (dataSet) => dataSet.set(Tag.InstanceNumber, 44) }),
    );
    expect(await numbers()).toEqual([1, 3, 44]);
    await onDisk();
  });

  test('of a former state that was put back is not given', async () => {
    await fresh().ofSeries(counting(), SERIES);
    await onDisk();
    const file = join(shelf(), files()[0] ?? '');
    const former = readFileSync(file);
    await workplace.store(instanceOf({ number: 4 }));
    await fresh().makeAhead(SERIES, breathe);
    writeFileSync(file, former);
    expect(numbersIn(await fresh().ofSeries(counting(), SERIES))).toEqual([1, 2, 3, 4]);
  });

  test('that was damaged on the disk is made anew', async () => {
    const made = await fresh().ofSeries(counting(), SERIES);
    await onDisk();
    const file = join(shelf(), files()[0] ?? '');
    writeFileSync(file, readFileSync(file).subarray(1));
    const view = counting();
    expect(await fresh().ofSeries(view, SERIES)).toEqual(made);
    expect(view.reads).toBeGreaterThan(0);
  });

  test('has the address of today in its links, without the packs being read, and in its values what was sent', async () => {
    const sent = `"BulkDataURI":"${ADDRESS}/`;
    const change = instanceOf({ number: 4, change: (dataSet) => dataSet.set(Tag.ImageComments, sent) });
    await workplace.store(change);
    const linksWith = (address: string): string[] =>
      [1, 2, 3, 4].map((number) => `${address}/instances/${instanceUID(1, 1, number)}/bulkdata/7FE00010`);
    expect(linksIn(await fresh().ofSeries(counting(), SERIES))).toEqual(linksWith(ADDRESS));
    await onDisk();
    for (const address of [MOVED, MOVED, ADDRESS]) {
      const before = readFileSync(join(shelf(), files()[0] ?? ''));
      const isOther = address !== MOVED || before.length === 0;
      const view = counting();
      const ready = await fresh(address).ofSeries(view, SERIES);
      expect(linksIn(ready)).toEqual(linksWith(address));
      expect(ready.plainBytes).toBe(gunzipSync(ready.gzipped).length);
      expect(parsed(ready)[3]?.['00204000']?.Value).toEqual([sent]);
      expect(view.reads).toBe(0);
      if (isOther)
        await vi.waitFor(() =>
          expect(readFileSync(join(shelf(), files()[0] ?? '')).equals(before)).toBe(false),
        );
    }
  });

  test('of two series are two files, and none of them is given for the other', async () => {
    const other = { ...SERIES, seriesInstanceUID: `${studyUID(1)}.2` };
    await workplace.store(instanceOf({ series: 2, number: 9 }));
    const metadata = fresh();
    await metadata.makeAhead(SERIES, breathe);
    await metadata.makeAhead(other, breathe);
    await onDisk(2);
    expect(numbersIn(await fresh().ofSeries(counting(other), other))).toEqual([9]);
  });

  test('is kept in memory alone with a limit of none', async () => {
    const metadata = fresh(ADDRESS, 0);
    await metadata.makeAhead(SERIES, breathe);
    const view = counting();
    await metadata.ofSeries(view, SERIES);
    const { reads } = view;
    await metadata.ofSeries(view, SERIES);
    expect(view.reads).toBe(reads);
    expect(readdirSync(workplace.folder)).not.toContain('derived');
  });

  test('is told of by what is stored, after it was acknowledged', async () => {
    const told: string[] = [];
    const place: Workplace = workplace;
    place.onStored = ({ seriesInstanceUID }) => told.push(seriesInstanceUID);
    await workplace.store(instanceOf({ series: 7 }));
    expect(told).toEqual([`${studyUID(1)}.7`]);
  });
});

test('another form of the same metadata has another name, so that what was kept before is not given', async () => {
  const values = instanceOf({
    number: 4,
    change: (dataSet) => {
      const item = new DataSet();
      item.set(Tag.CodeMeaning, 'a code');
      dataSet.set(Tag.AnatomicRegionSequence, [item]);
      dataSet.set(Tag.PixelSpacing, ['0.5', '0.25']);
      dataSet.set(Tag.RedPaletteColorLookupTableData, new Uint8Array(512), 'OW');
    },
  });
  await workplace.store(values);
  const record = workplace.archive.index.instance(instanceUID(1, 1, 4));
  const json = await fresh().ofInstance(counting(), record ?? counting().first);
  const hash = createHash('sha256').update(json).digest('hex').slice(0, 16);
  // Where this fails because the JSON is another now, READY_METADATA_FORM must be another as well.
  expect([READY_METADATA_FORM, hash]).toEqual(['dicom-json 1', 'ce0dc5184eebff1b']);
});
