import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Tag } from '@leadglass/dicom';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from './archive.ts';
import { quarantinedAt, quarantineKeyName } from './dropping.ts';
import type { QuarantineRecord } from './index/index.ts';
import { NonceSource, sealRecord } from './packs/cipher.ts';
import {
  CHUNK_BYTES,
  decodeLocation,
  encodeDroppedPayload,
  packFileName,
  RECORD_HEADER_BYTES,
  RecordKind,
  type RecordPlace,
} from './packs/format.ts';
import { listPacks, scanPack, type ScannedRecord } from './packs/pack-scan.ts';
import { StudyKeys } from './packs/study-keys.ts';
import type { PackPosition } from './packs/writer-protocol.ts';
import { Folders } from './testing/folders.ts';
import { instanceOf, type TestInstance } from './testing/instances.ts';
import { MemoryNotes } from './testing/memory-notes.ts';
import { openArchive, readBack, store, TEST_KEYS } from './testing/test-archive.ts';

const folders = new Folders();
const original = instanceOf({ pixelBytes: 2 * CHUNK_BYTES });
const uid = original.source.sopInstanceUID;
const [second, third] = [2, 3].map((seed) => instanceOf({ pixelBytes: 2 * CHUNK_BYTES, seed })) as [
  TestInstance,
  TestInstance,
];

let folder: string;
let archive: Archive<string>;
let notes: MemoryNotes<string>;

beforeEach(async () => {
  folder = folders.make();
  ({ archive, notes } = await openArchive(folder, { prewriteBytes: 0 }));
  await store(archive, original);
  await store(archive, second);
  await store(archive, third);
});
afterEach(() => archive.close());
afterAll(() => folders.remove());

/** After it was closed. The index lives in memory here: it is made again from the packs. */
async function openAgain(): Promise<void> {
  const known = new MemoryNotes<string>(notes.kept);
  ({ archive, notes } = await openArchive(folder, { prewriteBytes: 0, notes: known }));
}

async function reopen(): Promise<void> {
  await archive.close();
  await openAgain();
}

const recordOf = ({ location }: Pick<QuarantineRecord, 'location'>): RecordPlace =>
  decodeLocation(location).record;
/** The two in quarantine, the one that came first before the other. */
const quarantined = (): QuarantineRecord[] => [...archive.index.quarantined(uid)].reverse();

function first(): QuarantineRecord {
  const [record] = quarantined();
  if (!record) throw new Error('two are in quarantine');
  return record;
}

const drop = (place: PackPosition, note = 'dropped'): Promise<void> => archive.drop(uid, place, () => note);

async function expectHeld(): Promise<void> {
  expect((await readBack(archive, uid))?.equals(original.dataSet)).toBe(true);
  expect((await store(archive, original)).outcome).toBe('identical');
}

function lastPack(at = folder): string {
  const packID = listPacks(join(at, 'packs')).at(-1) ?? 0;
  return join(at, 'packs', packFileName(packID));
}

function records(at = folder): (ScannedRecord & { packID: number })[] {
  const packs = join(at, 'packs');
  return listPacks(packs).flatMap((packID) =>
    [...scanPack(packs, packID, 0, () => undefined)].map((record) => ({ ...record, packID })),
  );
}

function placeOf(kind: RecordKind, number = 0): RecordPlace {
  const found = records().filter(({ header }) => header.kind === kind)[number];
  if (!found) throw new Error(`no record of kind ${kind}`);
  return { packID: found.packID, offset: found.offset, payloadLength: found.header.payloadLength };
}

describe('a record that says something was dropped, made by somebody else', () => {
  interface Forged {
    record: RecordPlace;
    keySlot: number;
    stream: { high: number; low: number };
    note?: RecordPlace;
  }

  /** Written behind the packs with the true keys: the worst that a mistake of ours, or our own keys, could do. */
  async function forge({ record, keySlot, stream, note = placeOf(RecordKind.note) }: Forged): Promise<void> {
    await archive.close();
    const keys = StudyKeys.open(join(folder, 'study-keys'), TEST_KEYS.studyKeys, TEST_KEYS.studyNames);
    const key = keys.get(keySlot);
    keys.close();
    if (!key) throw new Error('its key is there');
    const start = {
      kind: RecordKind.dropped,
      keySlot,
      streamHigh: stream.high,
      streamLow: stream.low,
      index: 0,
    };
    const payload = encodeDroppedPayload({ sopInstanceUID: uid, record, note });
    const packID = listPacks(join(folder, 'packs')).at(-1) ?? 0;
    appendFileSync(lastPack(), Buffer.concat(sealRecord(start, packID, key, payload, new NonceSource())));
    await openAgain();
  }

  const streamOf = ({ location }: Pick<QuarantineRecord, 'location'>) => {
    const { streamHigh: high, streamLow: low } = decodeLocation(location);
    return { high, low };
  };

  async function expectNothingDropped(): Promise<void> {
    await expectHeld();
    expect(quarantined()).toHaveLength(2);
    expect(await archive.verify()).toMatchObject({
      ...{ instances: 1, quarantined: 2, dropped: 0, erased: 0, damaged: [], unreadable: [] },
    });
  }

  test('and names what is held: it stays, and so does its key', async () => {
    const held = archive.index.instance(uid);
    if (!held) throw new Error('it is held');
    await forge({ record: recordOf(held), keySlot: held.keySlot, stream: streamOf(held) });
    await expectNothingDropped();
  });

  test('and names another data set in quarantine than the one whose key and stream it has', async () => {
    const [one, other] = quarantined() as [QuarantineRecord, QuarantineRecord];
    await forge({ record: recordOf(other), keySlot: one.keySlot, stream: streamOf(one) });
    await expectNothingDropped();
  });

  test('and lies under the key of the study, or in another stream', async () => {
    const one = first();
    const held = archive.index.instance(uid);
    await forge({ record: recordOf(one), keySlot: held?.keySlot ?? 0, stream: streamOf(one) });
    await expectNothingDropped();
    const { high, low } = streamOf(one);
    await forge({ record: recordOf(one), keySlot: one.keySlot, stream: { high, low: low + 1 } });
    await expectNothingDropped();
  });

  test('and has no note, or something else in its place', async () => {
    const one = first();
    const about = { record: recordOf(one), keySlot: one.keySlot, stream: streamOf(one) };
    const nowhere = { packID: 99, offset: 64, payloadLength: 10 };
    for (const note of [
      nowhere,
      placeOf(RecordKind.chunk),
      { ...placeOf(RecordKind.note), payloadLength: 1 },
    ]) {
      await forge({ ...about, note });
      await expectNothingDropped();
    }
  });

  test('without a key, out of a chunk that a device filled with the words of one', async () => {
    const words = encodeDroppedPayload({
      sopInstanceUID: uid,
      record: recordOf(first()),
      note: placeOf(RecordKind.note),
    });
    const sly = { ...instanceOf({ number: 7, pixelBytes: 10 }), dataSet: words };
    await expect(store(archive, sly)).rejects.toThrow();
    await archive.close();
    // Any chunk stands for it: what is changed is the kind, and the checksum anybody can make.
    const chunk = placeOf(RecordKind.chunk);
    const file = join(folder, 'packs', packFileName(chunk.packID));
    const bytes = readFileSync(file);
    const header = bytes.subarray(chunk.offset, chunk.offset + RECORD_HEADER_BYTES);
    const copy = Buffer.concat([
      header,
      bytes.subarray(chunk.offset + 64, chunk.offset + 64 + chunk.payloadLength),
    ]);
    copy[4] = RecordKind.dropped;
    copy.writeUInt32LE(crc32(copy.subarray(0, 60)), 60);
    appendFileSync(lastPack(), copy);
    await openAgain();
    expect(archive.replayed.unfinished).toMatchObject({ packID: 1 });
    await expectHeld();
    expect(quarantined()).toHaveLength(2);
  });

  test('copied from a true one: it says the same again, and no more', async () => {
    await drop(recordOf(first()));
    await archive.close();
    const { packID, offset, payloadLength } = placeOf(RecordKind.dropped);
    const bytes = readFileSync(join(folder, 'packs', packFileName(packID)));
    const copy = bytes.subarray(offset, offset + RECORD_HEADER_BYTES + payloadLength);
    for (let i = 0; i < 3; i++) appendFileSync(lastPack(), copy);
    await openAgain();
    expect(quarantined()).toHaveLength(1);
    expect(await archive.verify()).toMatchObject({ instances: 1, quarantined: 1, dropped: 1, erased: 0 });
    await expectHeld();
  });
});

describe('dropping', () => {
  test('takes the data set out of quarantine, with its note, and nobody can read it again', async () => {
    const dropped = first();
    const { record } = decodeLocation(dropped.location);
    await drop(record, 'dropped the first');
    expect(notes.kept.at(-1)).toBe('dropped the first');
    expect(quarantined().map(recordOf)).not.toContainEqual(record);
    expect(quarantined()).toHaveLength(1);
    expect(archive.read(dropped)).toBeUndefined();
    expect(await archive.quarantinedMeta(dropped)).toBeUndefined();
    await expectHeld();
    // Its key is gone from the file, not only from the index: a copy of the packs and all keys there are do not help.
    const keys = StudyKeys.open(join(folder, 'study-keys'), TEST_KEYS.studyKeys, TEST_KEYS.studyNames);
    expect(keys.get(dropped.keySlot)).toBeUndefined();
    expect(keys.get(first().keySlot)).toBeDefined();
    keys.close();
  });

  test('is refused for what is held, what was dropped, what is nowhere, and a UID that is another', async () => {
    const place = recordOf(first());
    const held = archive.index.instance(uid);
    const none = { code: 'NOT_IN_QUARANTINE' };
    const before = notes.kept.length;
    for (const at of [
      held ? recordOf(held) : place,
      { packID: 1, offset: 64 },
      { packID: 77, offset: 1e14 },
    ]) {
      await expect(drop(at)).rejects.toMatchObject(none);
    }
    await expect(archive.drop('1.2.3', place, () => 'no')).rejects.toMatchObject(none);
    expect(notes.kept).toHaveLength(before);
    await drop(place);
    await expect(drop(place)).rejects.toMatchObject(none);
    expect(notes.kept).toHaveLength(before + 1);
    await expectHeld();
  });

  test('twice at once happens once', async () => {
    const place = recordOf(first());
    const results = await Promise.allSettled([drop(place), drop(place), drop(place)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(records().filter(({ header }) => header.kind === RecordKind.dropped)).toHaveLength(1);
    expect(notes.kept.filter((note) => note === 'dropped')).toHaveLength(1);
  });

  test('survives a new start and an index made from the packs alone; verification agrees', async () => {
    await drop(recordOf(first()));
    const left = quarantined();
    for (let start = 0; start < 2; start++) {
      await reopen();
      expect(quarantined()).toEqual(left);
      expect(archive.replayed).toMatchObject({ damage: [], incomplete: [] });
      expect(await archive.verify()).toMatchObject({
        ...{ instances: 1, quarantined: 1, dropped: 1, erased: 0, notInIndex: 0, onlyInIndex: 0 },
        ...{ damaged: [], unreadable: [] },
      });
    }
    const told = (await archive.verify()).quarantine;
    expect(told).toMatchObject([{ sopInstanceUID: uid, offset: recordOf(first()).offset }]);
    await expectHeld();
  });

  test('makes room: the same data set is kept anew when it comes again', async () => {
    await drop(recordOf(first()));
    expect((await store(archive, second)).outcome).toBe('conflict');
    expect(quarantined()).toHaveLength(2);
    await reopen();
    expect(quarantined()).toHaveLength(2);
    expect(await archive.verify()).toMatchObject({ quarantined: 2, dropped: 1 });
  });

  test('many at once share commits, each with its own note, and instances go on being stored', async () => {
    for (let seed = 10; seed < 30; seed++) await store(archive, instanceOf({ number: 2, seed }));
    const other =
      archive.index.instance(instanceOf({ number: 2 }).source.sopInstanceUID)?.sopInstanceUID ?? '';
    const rows = archive.index.quarantined(other, Infinity);
    expect(rows).toHaveLength(19);
    const stored = Array.from({ length: 10 }, (_, i) => store(archive, instanceOf({ number: 100 + i })));
    const dropped = rows.map((row, i) => archive.drop(other, recordOf(row), () => `dropped ${i}`));
    await Promise.all([...dropped, ...stored]);
    expect(notes.kept.filter((note) => note.startsWith('dropped'))).toHaveLength(19);
    await reopen();
    expect(archive.index.quarantined(other, Infinity)).toEqual([]);
    expect(await archive.verify()).toMatchObject({ instances: 12, quarantined: 2, dropped: 19, damaged: [] });
  });

  test('of what lies under the key of its study leaves that key, and holds nevertheless', async () => {
    const held = archive.index.instance(uid);
    const chunk = held && decodeLocation(held.location).chunks?.[1];
    if (!held || !chunk) throw new Error('it is held in chunks');
    flipByte(chunk);
    // It agrees with what is held as far as that can be read, and is longer: taken for its replacement until its end.
    const longer = instanceOf({
      pixelBytes: 2 * CHUNK_BYTES,
      change: (dataSet) => dataSet.set(Tag.DataSetTrailingPadding, new Uint8Array(2)),
    });
    expect((await store(archive, longer)).outcome).toBe('conflict');
    const last = archive.index.quarantined(uid)[0] ?? first();
    expect(last.keySlot).toBe(held.keySlot);
    await drop(recordOf(last));
    expect(quarantined()).toHaveLength(2);
    expect((await store(archive, original)).outcome).toBe('stored');
    await reopen();
    expect(quarantined()).toHaveLength(2);
    await expectHeld();
    expect(await archive.verify()).toMatchObject({
      ...{ instances: 1, quarantined: 2, dropped: 1, erased: 0, damaged: [] },
    });
  });

  test('takes what is damaged in quarantine out of what verification finds', async () => {
    const [one, other] = quarantined() as [QuarantineRecord, QuarantineRecord];
    const [chunk] = decodeLocation(one.location).chunks ?? [];
    if (!chunk) throw new Error('it is in chunks');
    flipByte(chunk);
    flipByte(recordOf(other));
    expect((await archive.verify()).damaged).toHaveLength(1);
    expect((await archive.verify()).unreadable).toHaveLength(1);
    for (const row of [one, other]) await drop(recordOf(row));
    await reopen();
    expect(await archive.verify()).toMatchObject({ quarantined: 0, dropped: 2, damaged: [], unreadable: [] });
  });
});

/** Changes the payload of a record. */
function flipByte({ packID, offset }: PackPosition): void {
  const file = join(folder, 'packs', packFileName(packID));
  const bytes = readFileSync(file);
  const at = offset + RECORD_HEADER_BYTES + 9;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describe('a crash while something is dropped', () => {
  /** What the packs and the keys were before, and what the packs are after. */
  async function states(): Promise<{ before: string; beforeBytes: number; after: Buffer; known: string[] }> {
    const place = recordOf(first());
    await reopen();
    const known = [...notes.kept];
    const before = folders.make();
    cpSync(folder, before, { recursive: true });
    const beforeBytes = readFileSync(lastPack()).length;
    await drop(place);
    await archive.close();
    return { before, beforeBytes, after: readFileSync(lastPack()), known };
  }

  async function openCopy(before: string, pack: Buffer, known: readonly string[]): Promise<void> {
    const copy = folders.make();
    cpSync(before, copy, { recursive: true });
    writeFileSync(lastPack(copy), pack);
    ({ archive, notes } = await openArchive(copy, {
      prewriteBytes: 0,
      notes: new MemoryNotes<string>(known),
    }));
    folder = copy;
  }

  test('leaves both, record and note, or neither, wherever the tail is torn; then it can be done again', async () => {
    const { before, beforeBytes, after, known } = await states();
    expect(after.length).toBeGreaterThan(beforeBytes + 2 * RECORD_HEADER_BYTES);
    const steps = Array.from(
      { length: 20 },
      (_, i) => beforeBytes + Math.floor(((after.length - beforeBytes) * i) / 20),
    );
    const seen = new Set<number>();
    for (const cut of [...steps, after.length - 1, after.length]) {
      await openCopy(before, after.subarray(0, cut), known);
      const left = quarantined().length;
      seen.add(left);
      expect(notes.kept.length - known.length, `cut at ${cut}`).toBe(2 - left);
      expect(left).toBe(cut === after.length ? 1 : 2);
      if (left === 2) await drop(recordOf(first()), 'again');
      expect(quarantined()).toHaveLength(1);
      await archive.close();
    }
    expect([...seen].sort()).toEqual([1, 2]);
    await openCopy(before, after, known);
  });

  test('between the packs and the index: the key goes and the row goes at the next start', async () => {
    const { before, after, known } = await states();
    await openCopy(before, after, known);
    // The keys are those of before: nothing but the packs says it.
    expect(quarantined()).toHaveLength(1);
    expect(await archive.verify()).toMatchObject({ quarantined: 1, dropped: 1, erased: 0 });
    const keys = StudyKeys.open(join(folder, 'study-keys'), TEST_KEYS.studyKeys, TEST_KEYS.studyNames);
    const named = records().find(({ header }) => header.kind === RecordKind.dropped)?.header;
    expect(keys.get(named?.keySlot ?? 0)).toBeUndefined();
    keys.close();
    await expectHeld();
  });

  test('before the index that lives on knows: it is told when the packs are read on', async () => {
    await archive.close();
    const indexFolder = folders.make();
    const live = join(indexFolder, 'index.sqlite');
    const saved = join(folders.make(), 'index.sqlite');
    const at = { prewriteBytes: 0, indexFolder };
    ({ archive, notes } = await openArchive(folder, { ...at, notes }));
    copyLive(live, saved);
    await drop(recordOf(first()));
    await store(archive, instanceOf({ number: 9 }));
    const known = [...notes.kept];
    await archive.close();
    // As the memory was that a killed process left behind, and the keys with it.
    copyLive(saved, live);
    ({ archive, notes } = await openArchive(folder, { ...at, notes: new MemoryNotes<string>(known) }));
    expect(archive.replayed.instances).toBe(1);
    expect(quarantined()).toHaveLength(1);
    await expectHeld();
  });

  function copyLive(from: string, to: string): void {
    mkdirSync(join(to, '..'), { recursive: true });
    for (const name of readdirSync(join(from, '..'))) {
      if (name.startsWith('index.sqlite')) copyFileSync(join(from, '..', name), join(to, '..', name));
    }
  }
});

test('the name of a key in quarantine is that of no study, and is found again by its stream alone', () => {
  const one = first();
  const found = quarantinedAt(archive.index, uid, recordOf(one));
  expect(found?.stream).toEqual({
    high: decodeLocation(one.location).streamHigh,
    low: decodeLocation(one.location).streamLow,
  });
  expect(quarantineKeyName({ high: 1, low: 23 })).not.toBe(quarantineKeyName({ high: 12, low: 3 }));
  expect(quarantineKeyName({ high: 1, low: 2 })).toMatch(/[^0-9.]/);
});
