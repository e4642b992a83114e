import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DataSetReader, ParseError, Tag, readDataSet, readPart10, writeDataSet } from '@leadglass/dicom';
import type { DataSet, Part10File, ParseWarning } from '@leadglass/dicom';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpusMissingReason, corpusTitle, fileBytes, isFuzzingFile, manifest } from './corpus.ts';

/** Files of the corpus that are not DICOM: notes, dumps and JSON kept beside those that are, one file with a spoilt start. */
const notDicom: ReadonlySet<string> = new Set([
  'pydicom__pydicom/charset_files/FileInfo.txt',
  'pydicom__pydicom/test_files/README.txt',
  'pydicom__pydicom/test_files/dicomdirtests/README.txt',
  'pydicom__pydicom/test_files/no_meta.dcm',
  'pydicom__pydicom/test_files/rtplan.dump',
  'pydicom__pydicom/test_files/rtstruct.dump',
  'pydicom__pydicom/test_files/test1.json',
  'pydicom__pydicom/test_files/test_PN.json',
]);

/** A file as read, or the ParseError; any other error fails the test. */
function tryRead(bytes: Uint8Array, warnings: ParseWarning[] = []): Part10File | ParseError {
  try {
    return readPart10(bytes, { onWarning: (warning) => warnings.push(warning) });
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
}

const retainValueMaxBytes = 4096;

/** What both readers must agree on; values by their bytes. */
function observe(dataSet: DataSet): unknown {
  return [...dataSet].map((element) => [
    element.tag,
    element.vr,
    element.offset,
    element.length,
    element.passedOver ? 'passed over' : Buffer.from(element.value ?? []).toString('base64'),
    element.fragments,
    element.basicOffsetTable?.value?.length,
    element.items?.map(observe),
  ]);
}

function outcome(read: () => DataSet): string {
  try {
    return JSON.stringify(observe(read()));
  } catch (error) {
    if (error instanceof ParseError) return error.name;
    throw error;
  }
}

function isPassedOver(tag: number, length: number): boolean {
  return (length > retainValueMaxBytes && tag !== Tag.ExtendedOffsetTable) || tag === Tag.PixelData;
}

describe.skipIf(corpusMissingReason !== undefined)(corpusTitle('every file of the corpus'), () => {
  const entries = manifest();

  test('reads, or gives a ParseError: most read', () => {
    const outcomes = entries.map(({ file }) => tryRead(fileBytes(file)));
    expect(outcomes.filter((result) => !(result instanceof ParseError)).length).toBeGreaterThan(585);
    const refused = entries.filter((_, index) => {
      const result = outcomes[index];
      return result instanceof ParseError && result.code === 'NOT_DICOM';
    });
    expect(new Set(refused.map(({ file }) => file))).toEqual(notDicom);
  });

  test('gives a DataSetReader what it gives readDataSet, whatever the chunks', () => {
    const sizes = [[65536], [16384, 1], [1000, 7, 33]];
    for (const { file, bytes } of entries) {
      const result = tryRead(fileBytes(file));
      if (result instanceof ParseError) continue;
      const plain = { ...result.transferSyntax, deflated: false };
      const whole = outcome(() => readDataSet(result.encoded, plain, { passOver: isPassedOver }));
      for (const chunks of bytes < 20_000 ? [...sizes, [1]] : sizes) {
        const streamed = outcome(() => {
          const reader = new DataSetReader(plain, { retainValueMaxBytes });
          for (let at = 0, turn = 0; at < result.encoded.length; turn++) {
            const size = chunks[turn % chunks.length] ?? 1;
            reader.push(result.encoded.subarray(at, at + size));
            at += size;
          }
          reader.end();
          return reader.dataSet;
        });
        expect(streamed === whole, `${file} in chunks of ${chunks.join()}`).toBe(true);
      }
    }
  });

  test('that reads without a warning is written back byte for byte', () => {
    for (const { file } of entries) {
      const warnings: ParseWarning[] = [];
      const result = tryRead(fileBytes(file), warnings);
      if (result instanceof ParseError || warnings.length > 0) continue;
      const written = writeDataSet(result.dataSet, result.transferSyntax, { keepGroupLengths: true });
      expect(Buffer.compare(written, result.encoded), file).toBe(0);
    }
  });

  test('has few warnings: they mean something', () => {
    const counts: Record<string, number> = {};
    for (const entry of entries.filter((candidate) => !isFuzzingFile(candidate))) {
      const warnings: ParseWarning[] = [];
      tryRead(fileBytes(entry.file), warnings);
      for (const code of new Set(warnings.map((warning) => warning.code)))
        counts[code] = (counts[code] ?? 0) + 1;
    }
    expect(counts).toEqual({ LENGTH_ODD: 5, VR_UNKNOWN: 1, DELIMITER_MISPLACED: 2 });
  });
});

describe.skipIf(corpusMissingReason !== undefined)(corpusTitle('hostile files'), () => {
  /** Bytes in use after a full collection. */
  function heapUsed(): number {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
    return heap + arrayBuffers;
  }

  /** Far more than 103 files of some kilobytes leave behind, far less than one believed length would take. */
  const growthMaxBytes = 32 * 1024 * 1024;

  test('of the fuzzing corpus give values or ParseErrors, and leave no memory behind', () => {
    const files = manifest()
      .filter(isFuzzingFile)
      .map(({ file }) => fileBytes(file));
    expect(files.length).toBeGreaterThan(100);
    const before = heapUsed();
    for (let round = 0; round < 3; round++) {
      for (const bytes of files) {
        const result = tryRead(bytes);
        if (!(result instanceof ParseError)) readEverything(result.dataSet);
      }
    }
    expect(heapUsed() - before).toBeLessThan(growthMaxBytes);
  });

  test('made from real ones by changing bytes give the same whole and in chunks, in bounded time', () => {
    const small = manifest().filter(({ bytes, file }) => bytes < 12_000 && !notDicom.has(file));
    const change = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(0, 1, 8, 0x7f, 0xfe, 0xff),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...small.map(({ file }) => file)),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        (file, changes, size) => {
          const bytes = fileBytes(file);
          for (const [place, value] of changes) bytes[Math.floor(place * (bytes.length - 133)) + 132] = value;
          const result = tryRead(bytes);
          if (result instanceof ParseError) return;
          const plain = { ...result.transferSyntax, deflated: false };
          readEverything(result.dataSet);
          const whole = outcome(() => readDataSet(result.encoded, plain, { passOver: isPassedOver }));
          const streamed = outcome(() => {
            const reader = new DataSetReader(plain, { retainValueMaxBytes });
            for (let at = 0; at < result.encoded.length; at += size) {
              reader.push(result.encoded.subarray(at, at + size));
            }
            reader.end();
            return reader.dataSet;
          });
          expect(streamed === whole).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

/** Decodes every value in every way there is: none may throw. */
function readEverything(dataSet: DataSet): void {
  for (const { tag } of dataSet) {
    dataSet.strings(tag);
    dataSet.numbers(tag);
    dataSet.items(tag).forEach(readEverything);
  }
}
