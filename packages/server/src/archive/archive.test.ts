import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataSet, Tag, TransferSyntaxUID, transferSyntax, writeDataSet } from '@leadglass/dicom';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Archive, type ArchiveOptions, forgetIndex } from './archive.ts';
import { matchToDataSet, openIndex, parseQuery } from './index/index.ts';
import { entryOf } from './index/test-support.ts';
import { packFileName, RecordKind } from './packs/format.ts';
import { listPacks } from './packs/pack-scan.ts';
import { Folders } from './testing/folders.ts';
import { instanceOf, type TestInstance } from './testing/instances.ts';
import { MemoryNotes } from './testing/memory-notes.ts';
import { scanAll } from './testing/pack-bench.ts';
import { openArchive, readBack, store } from './testing/test-archive.ts';

const folders = new Folders();
afterAll(() => folders.remove());
let open: Archive<string>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((archive) => archive.close()));
});

type Options = Partial<ArchiveOptions<string>> & { notes?: MemoryNotes<string> };

/** An archive that is closed after the test unless the test does. */
async function opened(
  folder: string,
  options: Options = {},
): Promise<{ archive: Archive<string>; notes: MemoryNotes<string> }> {
  const both = await openArchive(folder, options);
  open.push(both.archive);
  return both;
}

async function close(archive: Archive<string>): Promise<void> {
  open = open.filter((one) => one !== archive);
  await archive.close();
}

/** Every study, series and instance as a query shows them. */
function everything(archive: Archive<string>): string[] {
  const answers: string[] = [];
  const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);
  if (!syntax) throw new Error('not a transfer syntax');
  for (const level of ['STUDY', 'SERIES', 'IMAGE']) {
    const identifier = new DataSet();
    identifier.set(Tag.QueryRetrieveLevel, level);
    for (const tag of [
      Tag.PatientName,
      Tag.PatientID,
      Tag.StudyInstanceUID,
      Tag.SeriesInstanceUID,
      Tag.SOPInstanceUID,
      Tag.InstanceNumber,
      Tag.StudyDate,
      Tag.Modality,
      Tag.ModalitiesInStudy,
      Tag.NumberOfStudyRelatedInstances,
      Tag.NumberOfStudyRelatedSeries,
    ]) {
      identifier.set(tag, []);
    }
    const query = parseQuery(identifier, { root: 'STUDY', relational: true });
    for (const match of archive.index.query(query)) {
      const answer = matchToDataSet(match, query, { retrieveAETitle: 'LEADGLASS' });
      answers.push(Buffer.from(writeDataSet(answer, syntax)).toString('latin1'));
    }
  }
  return answers.sort();
}

const someInstances = (count: number, pixelBytes = 20_000): TestInstance[] =>
  Array.from({ length: count }, (_, i) =>
    instanceOf({
      study: 1 + (i % 3),
      series: 1 + (i % 2),
      number: i,
      pixelBytes: pixelBytes + i * 1000,
      seed: i + 1,
    }),
  );

async function storeAll(archive: Archive<string>, instances: readonly TestInstance[]): Promise<void> {
  for (const instance of instances) await store(archive, instance);
}

async function expectHeld(archive: Archive<string>, instances: readonly TestInstance[]): Promise<void> {
  for (const { source, dataSet } of instances) {
    expect((await readBack(archive, source.sopInstanceUID))?.equals(dataSet), source.sopInstanceUID).toBe(
      true,
    );
  }
  expect(archive.index.statistics().instances).toBe(instances.length);
}

/** A copy of a data folder as a crash at this moment would leave it. */
function crashCopy(folder: string): string {
  const copy = join(folders.make(), 'data');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

const lastPack = (folder: string): string => {
  const packs = join(folder, 'packs');
  return join(packs, packFileName(listPacks(packs).at(-1) ?? 0));
};

/** Where a write of this record may have broken off. */
const tearsOf = ({ header, offset }: { header: { payloadLength: number }; offset: number }): number[] => {
  const end = offset + 64 + header.payloadLength;
  return [offset + 30, offset + 64, offset + 64 + 7, end - 1];
};

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

describe('an archive that was closed', () => {
  test('has everything when it is opened again, and goes on in the same pack', async () => {
    const folder = folders.make();
    const instances = someInstances(6);
    for (const [i, instance] of instances.entries()) {
      const known =
        i === 0 ? [] : instances.slice(0, i).map(({ source }) => `stored ${source.sopInstanceUID}`);
      const { archive, notes } = await opened(folder, { notes: new MemoryNotes(known) });
      await store(archive, instance);
      await expectHeld(archive, instances.slice(0, i + 1));
      expect(notes.replayed).toBe(0);
      await close(archive);
    }
    expect(listPacks(join(folder, 'packs'))).toEqual([1]);
  });

  test('and opened without storing makes no new packs', async () => {
    const folder = folders.make();
    for (let i = 0; i < 3; i++) await close((await opened(folder)).archive);
    expect(listPacks(join(folder, 'packs'))).toEqual([1]);
  });

  test('refuses whoever still wants to store or to read', async () => {
    const { archive } = await openArchive(folders.make());
    const instance = instanceOf();
    await store(archive, instance);
    const record = archive.index.instance(instance.source.sopInstanceUID);
    const incoming = archive.receive(instanceOf({ number: 2 }).source);
    await archive.close();
    await incoming.write(instanceOf({ number: 2 }).dataSet);
    await expect(incoming.finish(() => 'late')).rejects.toThrow();
    await expect(archive.note('late')).rejects.toMatchObject({ code: 'WRITE_REFUSED' });
    expect(record && archive.read(record)).toBeUndefined();
  });
});

describe('after a crash', () => {
  test('whatever was written of the last pack, all that lies whole before the cut is there, and nothing fails', async () => {
    const folder = folders.make();
    const { archive } = await opened(folder, { prewriteBytes: 0 });
    const instances = someInstances(8, 50_000);
    await storeAll(archive, instances.slice(0, 4));
    await Promise.all(instances.slice(4).map((instance) => store(archive, instance)));
    const crashed = crashCopy(folder);
    const { records } = scanAll(join(crashed, 'packs'));
    const size = statSync(lastPack(crashed)).size;
    const cuts = [
      0,
      63,
      size - 1,
      size,
      ...Array.from({ length: 8 }, () => Math.floor(Math.random() * size)),
    ];
    const places = new Set([...cuts, ...records.slice(-3).flatMap(tearsOf)]);
    for (const [cut, zeros] of [...places].flatMap((place) => [
      [place, 0] as const,
      [place, 300_000] as const,
    ])) {
      // A file that has zeros ahead has its header: that is synced before them.
      if (zeros > 0 && cut < 64) continue;
      const copy = crashCopy(crashed);
      truncateSync(lastPack(copy), cut);
      appendFileSync(lastPack(copy), Buffer.alloc(zeros));
      const whole = records.filter(({ offset, header }) => offset + 64 + header.payloadLength <= cut);
      const acknowledged = whole.filter(({ header }) => header.kind === RecordKind.instance).length;
      const { archive: after, notes } = await opened(copy);
      const held = instances.filter(({ source }) => after.index.instance(source.sopInstanceUID));
      const where = `cut at ${cut} of ${size}, ${zeros} zeros behind`;
      expect(held.length, where).toBe(acknowledged);
      await expectHeld(after, held);
      expect(notes.kept.length, where).toBe(
        whole.filter(({ header }) => header.kind === RecordKind.note).length,
      );
      // What was lost was never acknowledged: it can be stored now, and nothing looks like damage.
      await store(after, instanceOf({ study: 99 }));
      expect(await after.verify(), where).toMatchObject({
        damaged: [],
        unreadable: [],
        notInIndex: 0,
        onlyInIndex: 0,
      });
      await close(after);
    }
  });

  test('a pack of another version is left as it is, whatever its end looks like', async () => {
    const folder = folders.make();
    const { archive } = await opened(folder, { prewriteBytes: 0 });
    await storeAll(archive, someInstances(2));
    const copy = crashCopy(folder);
    const content = readFileSync(lastPack(copy));
    content.writeUInt32LE(2, 12);
    content.fill(0xee, content.length - 40);
    writeFileSync(lastPack(copy), content);
    const { archive: after } = await opened(copy);
    expect(after.replayed.unfinished).toBe(undefined);
    expect(readFileSync(join(copy, 'packs', packFileName(1))).equals(content)).toBe(true);
  });

  test('what is broken before a place that is known to have been durable stays, and is told', async () => {
    const folder = folders.make();
    const { archive } = await opened(folder, { prewriteBytes: 0 });
    await storeAll(archive, someInstances(3));
    await close(archive);
    const pack = lastPack(folder);
    const content = readFileSync(pack);
    const last = scanAll(join(folder, 'packs')).records.at(-1);
    content.fill(0, (last?.offset ?? 0) + 64 + 5);
    writeFileSync(pack, content);
    forgetIndex(folder, undefined);
    const { archive: after } = await opened(folder, { notes: new MemoryNotes(['', '', '']) });
    expect(readFileSync(pack).equals(content)).toBe(true);
    expect(after.replayed.unfinished).toBe(undefined);
    const { unreadable } = await after.verify();
    expect(unreadable).toEqual([{ packID: 1, from: last?.offset, to: content.length }]);
  });

  test('a tail that was torn twice: the next crash does not hide what came after the first', async () => {
    const folder = folders.make();
    const instances = someInstances(6);
    const { archive } = await opened(folder, { prewriteBytes: 0 });
    await storeAll(archive, instances.slice(0, 3));
    const first = crashCopy(folder);
    truncateSync(lastPack(first), statSync(lastPack(first)).size - 10);
    const second = await opened(first);
    await storeAll(second.archive, instances.slice(3));
    const third = await opened(crashCopy(first));
    expect(third.archive.index.statistics().instances).toBe(second.archive.index.statistics().instances);
    for (const { source, dataSet } of instances.slice(3)) {
      expect((await readBack(third.archive, source.sopInstanceUID))?.equals(dataSet)).toBe(true);
    }
  });

  test('notes are replayed once each, from the last checkpoint on', async () => {
    const folder = folders.make();
    const before = await opened(folder);
    await store(before.archive, instanceOf({ number: 1 }));
    await before.archive.note('second');
    await close(before.archive);
    const { archive, notes } = await opened(folder, { notes: new MemoryNotes(before.notes.kept) });
    await archive.note('third');
    await store(archive, instanceOf({ number: 2 }));
    // The keeper of notes lost what it had not made durable: it is back at its checkpoint.
    const crashed = await opened(crashCopy(folder), { notes: new MemoryNotes(before.notes.kept) });
    expect(crashed.notes.kept).toEqual(notes.kept);
    expect(crashed.notes.replayed).toBe(2);
    await close(crashed.archive);
    const whole = await opened(crashCopy(folder), { notes: new MemoryNotes(notes.kept) });
    expect(whole.notes.replayed).toBe(0);
    expect(whole.notes.kept).toEqual(notes.kept);
  });
});

describe('the index', () => {
  test('made again from the packs answers as before', async () => {
    const folder = folders.make();
    const indexFolder = folders.make();
    const { archive } = await opened(folder, { indexFolder, packBytes: 300_000 });
    await Promise.all(someInstances(30).map((instance) => store(archive, instance)));
    const before = everything(archive);
    expect(before.length).toBe(3 + 6 + 30);
    await close(archive);
    forgetIndex(folder, indexFolder);
    expect(existsSync(join(folder, 'index.sealed'))).toBe(false);
    const again = await opened(folder, {
      indexFolder: folders.make(),
      notes: new MemoryNotes(someInstances(30).map(() => '')),
    });
    expect(again.archive.replayed).toMatchObject({ instances: 30, incomplete: [], damage: [] });
    expect(everything(again.archive)).toEqual(before);
    await expectHeld(again.archive, someInstances(30));
  });

  test('lost with the memory it lived in is the saved one, brought up to date', async () => {
    const folder = folders.make();
    const first = await opened(folder, { indexFolder: join(folders.make(), 'index') });
    const instances = someInstances(5);
    await storeAll(first.archive, instances.slice(0, 3));
    await close(first.archive);
    const second = await opened(folder, {
      indexFolder: join(folders.make(), 'index'),
      notes: new MemoryNotes(first.notes.kept),
    });
    expect(second.archive.replayed.instances).toBe(0);
    await storeAll(second.archive, instances.slice(3));
    const rebooted = await opened(crashCopy(folder), {
      indexFolder: join(folders.make(), 'index'),
      notes: new MemoryNotes(first.notes.kept),
    });
    expect(rebooted.archive.replayed.instances).toBe(2);
    await expectHeld(rebooted.archive, instances);
    expect(everything(rebooted.archive)).toEqual(everything(second.archive));
  });

  test('that outlived its process is used as it is', async () => {
    const folder = folders.make();
    const indexFolder = join(folders.make(), 'index');
    const first = await opened(folder, { indexFolder });
    await storeAll(first.archive, someInstances(3));
    const liveIndex = join(folders.make(), 'index');
    cpSync(indexFolder, liveIndex, { recursive: true });
    const second = await opened(crashCopy(folder), { indexFolder: liveIndex });
    expect(second.archive.replayed.instances).toBe(0);
    await expectHeld(second.archive, someInstances(3));
  });

  test.each([
    ['and the copy ends earlier', 0],
    ['and the copy has zeros ahead', 4 * 1024 * 1024],
  ])(
    'that is newer than the packs, because an older copy was put back, is made again %s',
    async (_title, prewriteBytes) => {
      const folder = folders.make();
      const indexFolder = join(folders.make(), 'index');
      const first = await opened(folder, { indexFolder, prewriteBytes });
      const instances = someInstances(6);
      await storeAll(first.archive, instances.slice(0, 3));
      if (prewriteBytes > 0) await new Promise((resolve) => setTimeout(resolve, 200));
      const older = crashCopy(folder);
      await storeAll(first.archive, instances.slice(3));
      const liveIndex = join(folders.make(), 'index');
      cpSync(indexFolder, liveIndex, { recursive: true });
      const restored = await opened(older, { indexFolder: liveIndex });
      await expectHeld(restored.archive, instances.slice(0, 3));
      expect(await restored.archive.verify()).toMatchObject({ notInIndex: 0, onlyInIndex: 0, damaged: [] });
      await storeAll(restored.archive, instances.slice(3));
      await expectHeld(restored.archive, instances);
    },
  );

  test('that is newer than packs of which whole files are gone is made again', async () => {
    const folder = folders.make();
    const indexFolder = join(folders.make(), 'index');
    const { archive } = await opened(folder, { indexFolder, packBytes: 100_000 });
    await storeAll(archive, someInstances(6));
    const copy = crashCopy(folder);
    rmSync(lastPack(copy));
    const liveIndex = join(folders.make(), 'index');
    cpSync(indexFolder, liveIndex, { recursive: true });
    const restored = await opened(copy, { indexFolder: liveIndex });
    expect(await restored.archive.verify()).toMatchObject({ notInIndex: 0, onlyInIndex: 0 });
  });

  test.each([
    ['torn', (live: string) => writeFileSync(live, randomBytes(20_000))],
    ['empty', (live: string) => writeFileSync(live, '')],
  ])('that is %s is made again', async (_title, spoil) => {
    const folder = folders.make();
    const { archive } = await opened(folder);
    await storeAll(archive, someInstances(3));
    const indexFolder = folders.make();
    spoil(join(indexFolder, 'index.sqlite'));
    const again = await opened(crashCopy(folder), { indexFolder });
    await expectHeld(again.archive, someInstances(3));
  });

  test.each([
    ['whole', (size: number) => size],
    ['torn', (size: number) => Math.floor(size / 2)],
    ['torn early', (size: number) => Math.min(size, 20_000)],
  ])('that was not filled to its end is made again: its file is %s', async (_title, left) => {
    const folder = folders.make();
    const first = await opened(folder);
    await storeAll(first.archive, someInstances(3));
    const [source, indexFolder] = [join(folders.make(), 'index.sqlite'), folders.make()];
    const unfinished = openIndex({ location: source });
    unfinished.startFilling();
    const strangers = Array.from({ length: 200 }, (_, at) => entryOf({ SOPInstanceUID: `1.7.${at}` }));
    unfinished.add(strangers, { packID: 1, offset: 64 });
    const live = join(indexFolder, 'index.sqlite');
    cpSync(source, live);
    unfinished.close();
    truncateSync(live, left(statSync(live).size));
    const again = await opened(crashCopy(folder), { indexFolder });
    expect(again.archive.replayed.instances).toBe(3);
    await expectHeld(again.archive, someInstances(3));
  });

  test('whose saved copy was changed is made again', async () => {
    const folder = folders.make();
    const first = await opened(folder, { indexFolder: join(folders.make(), 'index') });
    await storeAll(first.archive, someInstances(3));
    await close(first.archive);
    const saved = join(folder, 'index.sealed');
    const content = readFileSync(saved);
    content[5000] = (content[5000] ?? 0) ^ 1;
    writeFileSync(saved, content);
    const again = await opened(folder, {
      indexFolder: join(folders.make(), 'index'),
      notes: new MemoryNotes(first.notes.kept),
    });
    expect(again.archive.replayed.instances).toBe(3);
    await expectHeld(again.archive, someInstances(3));
  });
});

test('no file of the data folder shows a name, an identifier or a UID; nobody else may read them', async () => {
  const folder = folders.make();
  const { archive } = await opened(folder, { indexFolder: join(folders.make(), 'index') });
  const canary = instanceOf({
    patientName: 'Canary^Yellowfeather',
    patientID: 'CANARY-4711',
    pixelBytes: 700_000,
  });
  await store(archive, canary);
  await store(
    archive,
    instanceOf({ patientName: 'Canary^Yellowfeather', patientID: 'CANARY-4711', seed: 3 }),
  );
  const search = (): void => {
    const files = [...filesBelow(folder)];
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const content = readFileSync(file);
      // Notes are sealed by the trail; the ones of this test are plain, and hold the SOPInstanceUID.
      for (const text of ['Canary', 'Yellowfeather', 'CANARY-4711', `${canary.studyInstanceUID}\0`]) {
        expect(content.includes(text), `${text} in ${file}`).toBe(false);
        expect(content.includes(Buffer.from(text, 'utf16le')), `${text} in ${file}`).toBe(false);
      }
      expect(statSync(file).mode & 0o077, file).toBe(0);
    }
  };
  search();
  await close(archive);
  expect(existsSync(join(folder, 'index.sealed'))).toBe(true);
  search();
});

test('nothing new is taken when the disk is nearly full, and everything can still be read and noted', async () => {
  const folder = folders.make();
  const { archive, notes } = await opened(folder, { diskReserveBytes: 0 });
  const instance = instanceOf();
  await store(archive, instance);
  await close(archive);
  const full = await opened(folder, {
    diskReserveBytes: Number.MAX_SAFE_INTEGER,
    notes: new MemoryNotes(notes.kept),
  });
  expect(() => full.archive.receive(instanceOf({ number: 2 }).source)).toThrow(
    expect.objectContaining({ code: 'WRITE_REFUSED', errorCode: 'ENOSPC' }),
  );
  await full.archive.note('refused');
  expect(full.notes.kept.at(-1)).toBe('refused');
  await expectHeld(full.archive, [instance]);
});

test('a folder that is not there is made, for the owner alone', async () => {
  const folder = join(folders.make(), 'new');
  mkdirSync(folder, { mode: 0o700 });
  await opened(folder);
  expect(statSync(join(folder, 'packs')).mode & 0o777).toBe(0o700);
});
