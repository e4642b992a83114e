import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { type DataSet, Tag, TransferSyntaxUID } from '@leadglass/dicom';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from './archive.ts';
import { CHUNK_BYTES } from './packs/format.ts';
import { Folders } from './testing/folders.ts';
import {
  CT_IMAGE,
  instanceOf,
  instanceUID,
  noise,
  studyUID,
  type TestInstance,
} from './testing/instances.ts';
import type { MemoryNotes } from './testing/memory-notes.ts';
import { openArchive, readBack, store } from './testing/test-archive.ts';

const folders = new Folders();
let folder: string;
let archive: Archive<string>;
let notes: MemoryNotes<string>;
beforeEach(async () => {
  folder = folders.make();
  ({ archive, notes } = await openArchive(folder, { prewriteBytes: 0, maxInstanceBytes: 22 * 1024 * 1024 }));
});
afterEach(() => archive.close());
afterAll(() => folders.remove());

/** Bytes in all packs; exact, because nothing is written ahead. */
function packBytes(): number {
  const packs = join(folder, 'packs');
  return readdirSync(packs).reduce((sum, name) => sum + statSync(join(packs, name)).size, 0);
}

const withCommand = (instance: TestInstance, source: Partial<TestInstance['source']>): TestInstance => ({
  ...instance,
  source: { ...instance.source, ...source },
});

describe('a new instance', () => {
  test.each([1, 1000, CHUNK_BYTES - 600, CHUNK_BYTES, 5 * CHUNK_BYTES + 3])(
    'with %i bytes of pixels comes back bit for bit and can be found',
    async (pixelBytes) => {
      const instance = instanceOf({ pixelBytes });
      const facts = await store(archive, instance, 10_007);
      expect(facts).toEqual({
        outcome: 'stored',
        studyInstanceUID: studyUID(1),
        seriesInstanceUID: `${studyUID(1)}.1`,
        sopInstanceUID: instanceUID(1, 1, 1),
        sopClassUID: CT_IMAGE,
        patientID: 'P1',
      });
      expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(instance.dataSet)).toBe(true);
      expect(archive.index.instance(instance.source.sopInstanceUID)?.dataSetLength).toBe(
        instance.dataSet.length,
      );
      expect(notes.kept).toEqual([`stored ${instance.source.sopInstanceUID}`]);
    },
  );

  test('is the same whatever the size of its fragments', async () => {
    for (const [i, fragmentBytes] of [1, 7, 100, 4096, CHUNK_BYTES, 10_000_000].entries()) {
      const instance = instanceOf({ number: i + 1, pixelBytes: fragmentBytes === 1 ? 3000 : 600_000 });
      await store(archive, instance, fragmentBytes);
      expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(instance.dataSet)).toBe(true);
    }
  });

  test.each([
    ['Implicit VR Little Endian', TransferSyntaxUID.ImplicitVRLittleEndian],
    ['Explicit VR Big Endian', TransferSyntaxUID.ExplicitVRBigEndian],
  ])('in %s is kept in it', async (_name, transferSyntaxUID) => {
    const instance = instanceOf({ transferSyntaxUID, pixelBytes: 300_000 });
    await store(archive, instance);
    expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(instance.dataSet)).toBe(true);
    expect(archive.index.instance(instance.source.sopInstanceUID)?.transferSyntaxUID).toBe(transferSyntaxUID);
  });

  test('that is deflated is kept as it came, and found by what is inside', async () => {
    const plain = instanceOf({ pixelBytes: 400_000 });
    const deflated = deflateRawSync(plain.dataSet);
    const dataSet = deflated.length % 2 === 0 ? deflated : Buffer.concat([deflated, Buffer.alloc(1)]);
    const transferSyntaxUID = TransferSyntaxUID.DeflatedExplicitVRLittleEndian;
    const instance = withCommand({ ...plain, dataSet }, { transferSyntaxUID });
    const { patientID } = await store(archive, instance, 999);
    expect(patientID).toBe('P1');
    expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(dataSet)).toBe(true);
  });

  test('with its StudyInstanceUID behind 300 KB, or a header longer than several chunks, is stored', async () => {
    const privateData = (dataSet: DataSet, length: number): void => {
      dataSet.set(0x00090010, 'LEADGLASS TEST', 'LO');
      dataSet.set(0x00091001, noise(length, 3), 'OB');
    };
    for (const [i, length] of [300_000, 5 * CHUNK_BYTES].entries()) {
      const instance = instanceOf({ number: i + 1, change: (dataSet) => privateData(dataSet, length) });
      await store(archive, instance);
      expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(instance.dataSet)).toBe(true);
    }
  });

  test('whose StudyInstanceUID does not come within 16 MiB is refused and leaves nothing', async () => {
    const instance = instanceOf({
      change: (dataSet) => {
        dataSet.set(0x00090010, 'LEADGLASS TEST', 'LO');
        dataSet.set(0x00091001, new Uint8Array(17 * 1024 * 1024), 'OB');
      },
    });
    await expect(store(archive, instance, 256 * 1024)).rejects.toMatchObject({ code: 'HEADER_TOO_LONG' });
    expect(archive.index.statistics().instances).toBe(0);
  });

  test('with leading zeros in its StudyInstanceUID is taken, long ones too: devices write such', async () => {
    const instance = instanceOf({
      pixelBytes: 20 * 1024 * 1024,
      change: (dataSet) => dataSet.set(Tag.StudyInstanceUID, '1.2.826.0001.7'),
    });
    expect((await store(archive, instance, 256 * 1024)).outcome).toBe('stored');
    expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(instance.dataSet)).toBe(true);
  });

  test('of 20 MB in small fragments is written while it arrives: memory does not grow with it', async () => {
    const instance = instanceOf({ pixelBytes: 20 * 1024 * 1024 });
    const incoming = archive.receive(instance.source);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let at = 0; at < instance.dataSet.length; at += 4096) {
      const waiting = incoming.write(instance.dataSet.subarray(at, at + 4096));
      if (waiting) await waiting;
      // A door reads from its socket between two fragments.
      if (at % (64 * 4096) === 0) await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    await incoming.finish(() => 'note');
    expect(most).toBeLessThan(12 * 1024 * 1024);
    expect((await readBack(archive, instance.source.sopInstanceUID))?.equals(instance.dataSet)).toBe(true);
  });
});

describe('an instance is refused, and nothing of it can be found,', () => {
  const cases: [string, () => TestInstance, string][] = [
    [
      'whose SOP class differs from the command',
      () => withCommand(instanceOf(), { sopClassUID: '1.2.3' }),
      'SOP_CLASS_MISMATCH',
    ],
    [
      'whose SOP instance differs from the command',
      () => withCommand(instanceOf(), { sopInstanceUID: '1.2.3' }),
      'SOP_INSTANCE_MISMATCH',
    ],
    ['that is empty', () => ({ ...instanceOf(), dataSet: new Uint8Array() }), 'EMPTY_DATA_SET'],
    [
      'that ends in the middle of an element',
      () => ({ ...instanceOf(), dataSet: instanceOf().dataSet.subarray(0, -7) }),
      'DATA_CUT_SHORT',
    ],
    [
      'that has no SeriesInstanceUID',
      () => instanceOf({ change: (dataSet) => dataSet.delete(Tag.SeriesInstanceUID) }),
      'MISSING_UID',
    ],
    [
      'that has no StudyInstanceUID',
      () => instanceOf({ change: (dataSet) => dataSet.delete(Tag.StudyInstanceUID) }),
      'MISSING_UID',
    ],
    [
      'in a transfer syntax nobody knows',
      () => withCommand(instanceOf(), { transferSyntaxUID: '1.2.3.4' }),
      'UNKNOWN_TRANSFER_SYNTAX',
    ],
    [
      'that is longer than the limit',
      () => instanceOf({ pixelBytes: 23 * 1024 * 1024 }),
      'INSTANCE_TOO_LONG',
    ],
  ];
  test.each(cases)('%s', async (_title, make, code) => {
    const instance = make();
    await expect((async () => store(archive, instance, 256 * 1024))()).rejects.toMatchObject({ code });
    expect(archive.index.statistics().instances).toBe(0);
    expect(notes.kept).toEqual([]);
    // Its UID is free: the next one under it need not wait for the one that failed.
    expect((await store(archive, instanceOf())).outcome).toBe('stored');
  });

  test('that is noise, wherever the noise begins', async () => {
    const { source, dataSet } = instanceOf({ pixelBytes: 2000 });
    for (const from of [0, 1, 8, 60, 130, 200, 300]) {
      const broken = Buffer.concat([dataSet.subarray(0, from), noise(3000, from + 9)]);
      await expect(store(archive, { source, dataSet: broken, studyInstanceUID: '' }, 97)).rejects.toThrow();
    }
    expect(archive.index.statistics().instances).toBe(0);
  });

  test('that names itself twice: only the UID the command named counts', async () => {
    const held = instanceOf({ number: 7 });
    await store(archive, held);
    const twice = instanceOf({ number: 8 });
    // Explicit VR: (0008,0018) UI, once more, behind everything else.
    const uid = Buffer.from(
      instanceUID(1, 1, 7).padEnd(instanceUID(1, 1, 7).length + (instanceUID(1, 1, 7).length % 2), '\0'),
    );
    const again = Buffer.concat([Buffer.from([8, 0, 0x18, 0, 0x55, 0x49, uid.length, 0]), uid]);
    await store(archive, { ...twice, dataSet: Buffer.concat([twice.dataSet, again]) });
    expect((await readBack(archive, held.source.sopInstanceUID))?.equals(held.dataSet)).toBe(true);
    expect(archive.index.instance(twice.source.sopInstanceUID)).toBeDefined();
  });
});

describe('an instance that is held', () => {
  test.each([500, 3 * CHUNK_BYTES])(
    'comes again, %i bytes of pixels: nothing is stored but the note',
    async (pixelBytes) => {
      const instance = instanceOf({ pixelBytes });
      await store(archive, instance);
      const before = packBytes();
      expect(await store(archive, instance, 3001)).toMatchObject({ outcome: 'identical', patientID: 'P1' });
      expect(packBytes() - before).toBeLessThan(300);
      expect(notes.kept.length).toBe(2);
      expect(archive.index.statistics().instances).toBe(1);
    },
  );

  const others: [string, TestInstance][] = [
    ['with other pixels', instanceOf({ pixelBytes: 3 * CHUNK_BYTES, seed: 2 })],
    ['one byte shorter', instanceOf({ pixelBytes: 3 * CHUNK_BYTES - 2 })],
    ['with more behind it', instanceOf({ pixelBytes: 3 * CHUNK_BYTES + 2 })],
    [
      'in another transfer syntax',
      instanceOf({
        pixelBytes: 3 * CHUNK_BYTES,
        transferSyntaxUID: TransferSyntaxUID.ImplicitVRLittleEndian,
      }),
    ],
    [
      'of another study',
      {
        ...instanceOf({
          study: 2,
          pixelBytes: 1000,
          change: (dataSet) => dataSet.set(Tag.SOPInstanceUID, instanceUID(1, 1, 1)),
        }),
        source: instanceOf().source,
      },
    ],
  ];
  test.each(others)(
    'and another under its UID, %s: quarantine, the first is unchanged',
    async (_title, other) => {
      const original = instanceOf({ pixelBytes: 3 * CHUNK_BYTES });
      await store(archive, original);
      const before = archive.index.instance(original.source.sopInstanceUID);
      expect((await store(archive, other, 5003)).outcome).toBe('conflict');
      expect(archive.index.instance(original.source.sopInstanceUID)).toEqual(before);
      expect((await readBack(archive, original.source.sopInstanceUID))?.equals(original.dataSet)).toBe(true);
      expect(archive.index.statistics()).toMatchObject({ studies: 1, instances: 1 });
      const report = await archive.verify();
      expect(report).toMatchObject({
        instances: 1,
        quarantined: 1,
        damaged: [],
        notInIndex: 0,
        onlyInIndex: 0,
      });
    },
  );

  test('of a study first seen in quarantine shares the one key of that study', async () => {
    await store(archive, instanceOf());
    const foreign = instanceOf({
      study: 2,
      change: (dataSet) => dataSet.set(Tag.SOPInstanceUID, instanceUID(1, 1, 1)),
    });
    const slow = instanceOf({ study: 2, number: 5, pixelBytes: 4 * CHUNK_BYTES });
    const incoming = archive.receive(slow.source);
    await incoming.write(slow.dataSet.subarray(0, 2 * CHUNK_BYTES));
    await store(archive, { ...foreign, source: instanceOf().source });
    await store(archive, instanceOf({ study: 2, number: 6 }));
    await incoming.write(slow.dataSet.subarray(2 * CHUNK_BYTES));
    await incoming.finish(() => 'slow');
    const slots = [5, 6].map((number) => archive.index.instance(instanceUID(2, 1, number))?.keySlot);
    expect(slots[0]).toBe(slots[1]);
    expect(archive.index.study(studyUID(2))?.keySlot).toBe(slots[0]);
  });
});

describe('two associations that bring the same UID at once', () => {
  test('with the same bytes: one stores, the other finds them held', async () => {
    const instance = instanceOf({ pixelBytes: 700_000 });
    const outcomes = await Promise.all([
      store(archive, instance),
      store(archive, instance),
      store(archive, instance),
    ]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['identical', 'identical', 'stored']);
  });

  test('with different bytes: the first wins, the other is in quarantine', async () => {
    const first = instanceOf({ pixelBytes: 700_000 });
    const outcomes = await Promise.all([
      store(archive, first),
      store(archive, instanceOf({ pixelBytes: 700_000, seed: 9 })),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'conflict']);
    expect((await readBack(archive, first.source.sopInstanceUID))?.equals(first.dataSet)).toBe(true);
  });

  test('when the first gives up, the second is stored', async () => {
    const instance = instanceOf({ pixelBytes: 700_000 });
    const first = archive.receive(instance.source);
    await first.write(instance.dataSet.subarray(0, 1000));
    const second = store(archive, instance);
    await first.abort();
    expect((await second).outcome).toBe('stored');
  });

  test('one that gives up while it waits does not hold the UID for ever', async () => {
    const instance = instanceOf({ pixelBytes: 700_000 });
    const first = archive.receive(instance.source);
    await first.write(instance.dataSet);
    const waiting = archive.receive(instance.source);
    const written = Promise.resolve(waiting.write(instance.dataSet.subarray(0, 100)));
    await waiting.abort();
    await first.finish(() => 'first');
    await written;
    expect((await store(archive, instance)).outcome).toBe('identical');
  });
});

test('instances of many associations at once are all held, and so are their notes', async () => {
  const instances = Array.from({ length: 40 }, (_, i) =>
    instanceOf({
      study: 1 + (i % 5),
      series: 1 + (i % 3),
      number: i,
      pixelBytes: 1 + ((i * 48_611) % 900_000),
      seed: i + 1,
    }),
  );
  await Promise.all(instances.map((instance, i) => store(archive, instance, 1000 + i * 500)));
  for (const { source, dataSet } of instances) {
    expect((await readBack(archive, source.sopInstanceUID))?.equals(dataSet)).toBe(true);
  }
  expect([...notes.kept].sort()).toEqual(
    instances.map(({ source }) => `stored ${source.sopInstanceUID}`).sort(),
  );
  expect(archive.index.statistics()).toMatchObject({ patients: 5, studies: 5, instances: 40 });
});
