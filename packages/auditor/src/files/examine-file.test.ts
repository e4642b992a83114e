import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deflateDataSet, Tag, TransferSyntaxUID, transferSyntax, writeDataSet } from '@leadglass/dicom';
import { StreamFeed } from './byte-feed.ts';
import { examineFile } from './examine-file.ts';
import { fileChecks } from './file-checks.ts';
import { buildFile, changed, cleanDataSet, examineBytes, setFragments } from './testing/build-file.ts';

const corpus = process.env.LEADGLASS_CORPUS ?? resolve(import.meta.dirname, '../../../../../shared/corpus');
const hasCorpus = existsSync(corpus);
const onlyWithCorpus = hasCorpus ? test : test.skip;
const why = hasCorpus
  ? ''
  : ' (skipped: no corpus at ../shared/corpus; LEADGLASS_CORPUS names another place)';

describe('files by their content', () => {
  test.each([
    ['dicom', buildFile()],
    ['dicom', buildFile().subarray(128)],
    ['dicom', buildFile().subarray(132)],
    ['other', new Uint8Array(0)],
    ['other', new Uint8Array(Buffer.from('a letter, or a picture'))],
    ['other', new Uint8Array(Buffer.from('\x08\0\x05\0 and so on', 'latin1'))],
    ['zip', new Uint8Array(Buffer.from('PK\x03\x04 and so on'))],
  ])('%s', async (kind, bytes) => {
    expect(await examineBytes(bytes)).toMatchObject({ kind });
  });

  test('a clean file gives no exposing note, in every transfer syntax it can be written in', async () => {
    for (const uid of [
      TransferSyntaxUID.ExplicitVRLittleEndian,
      TransferSyntaxUID.ImplicitVRLittleEndian,
      TransferSyntaxUID.ExplicitVRBigEndian,
    ]) {
      const { notes, failure } = await examineBytes(buildFile({ transferSyntaxUID: uid }));
      expect(failure).toBeUndefined();
      expect(notes.filter((note) => note.exposes)).toEqual([]);
    }
  });

  test('deflated data sets are looked into (PS3.5 A.5)', async () => {
    const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);
    if (syntax === undefined) throw new Error('no such syntax');
    const dataSet = changed((one) => one.set(Tag.PatientName, 'Kowalczyk^Jadwiga'));
    const header = buildFile({
      transferSyntaxUID: TransferSyntaxUID.DeflatedExplicitVRLittleEndian,
    }).subarray(0);
    const body = writeDataSet(cleanDataSet(), syntax).length;
    const file = Buffer.concat([
      header.subarray(0, header.length - body),
      await deflateDataSet(writeDataSet(dataSet, syntax)),
    ]);
    const { notes } = await examineBytes(new Uint8Array(file));
    expect(notes).toContainEqual({ check: 'P09', kind: 'patient-name', exposes: true, places: 1 });
  });

  test('what stands behind long pixels is read, native and in fragments', async () => {
    const native = changed((one) => {
      one.set(Tag.PixelData, new Uint8Array(3_000_000), 'OW');
      one.set(Tag.DataSetTrailingPadding, new Uint8Array(Buffer.from('#!/bin/false')), 'OB');
    });
    expect((await examineBytes(buildFile({ dataSet: native }))).notes).toContainEqual(
      expect.objectContaining({ check: 'P05', exposes: true }),
    );
    const fragments = changed((one) => {
      setFragments(one, [new Uint8Array(700_000), new Uint8Array(10), new Uint8Array(200_000)]);
      one.set(Tag.DataSetTrailingPadding, new Uint8Array(Buffer.from('#!/bin/false')), 'OB');
    });
    const file = buildFile({ dataSet: fragments, transferSyntaxUID: TransferSyntaxUID.JPEGBaseline8Bit });
    const examined = await examineBytes(file);
    expect(examined.failure).toBeUndefined();
    expect(examined.notes).toContainEqual(expect.objectContaining({ check: 'P05', exposes: true }));
  });

  test('pieces of any size give what the whole gives', async () => {
    const file = buildFile({
      dataSet: changed((one) => {
        one.set(Tag.PatientName, 'Kowalczyk^Jadwiga');
        one.set(0x00290010, 'ACME', 'LO');
        one.set(0x00291001, new Uint8Array(150_000).fill(7), 'OB');
        one.set(0x00291002, new Uint8Array(Buffer.from('#!/bin/false')), 'OB');
      }),
    });
    const whole = await examineBytes(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70_000 }), async (size) => {
        async function* pieces(): AsyncGenerator<Uint8Array> {
          await Promise.resolve();
          for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
        }
        const feed = new StreamFeed(pieces(), file.length, () => undefined);
        const { notes, kind } = await examineFile(feed, fileChecks);
        expect({ notes, kind }).toEqual({ notes: whole.notes, kind: whole.kind });
      }),
      { numRuns: 20 },
    );
  });

  test('any bytes behind a header give an examination, never an exception', async () => {
    const header = buildFile().subarray(0, 340);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4_096 }), async (bytes) => {
        await examineBytes(new Uint8Array(Buffer.concat([header, bytes])));
        await examineBytes(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('any change of a real file gives an examination, never an exception', async () => {
    const file = buildFile({ dataSet: changed((one) => one.set(Tag.ImageComments, 'x'.repeat(300), 'LT')) });
    const changes = fc.array(
      fc.tuple(fc.integer({ min: 0, max: file.length - 1 }), fc.integer({ min: 0, max: 255 })),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    await fc.assert(
      fc.asyncProperty(changes, async (places) => {
        const bad = new Uint8Array(file);
        for (const [at, byte] of places) bad[at] = byte;
        await examineBytes(bad);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the corpus', () => {
  const filesBelow = (folder: string): string[] =>
    readdirSync(join(corpus, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  onlyWithCorpus(`malformed files (cat01 to cat09) neither crash nor hang${why}`, async () => {
    const kinds = new Set<string>();
    for (const path of filesBelow('pwnlabmx__dicom-fuzzing-corpus')) {
      const started = performance.now();
      const { notes } = await examineBytes(new Uint8Array(readFileSync(path)));
      for (const note of notes) if (note.exposes) kinds.add(`${note.check} ${note.kind}`);
      expect(performance.now() - started).toBeLessThan(5_000);
    }
    for (const kind of ['P06 path-in-uid', 'P07 nesting', 'P08 sql', 'P08 shell', 'P08 format']) {
      expect(kinds).toContain(kind);
    }
  });

  onlyWithCorpus(`real files hold no programs, no bombs, no acting documents, no code${why}`, async () => {
    const folders = readdirSync(corpus).filter((name) => name.includes('__') && !name.startsWith('pwnlabmx'));
    const found: string[] = [];
    for (const path of folders.flatMap(filesBelow)) {
      const { notes } = await examineBytes(new Uint8Array(readFileSync(path)));
      for (const { check, kind, exposes } of notes) {
        if (exposes && /P0[1345678]/.test(check)) found.push(`${check} ${kind}`);
      }
    }
    // One file claims a value of three gigabytes and was cut: it was made to.
    expect(found).toEqual(['P07 length']);
  });
});
