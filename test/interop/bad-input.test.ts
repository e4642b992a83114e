import { readFileSync } from 'node:fs';
import { ParseError, readPart10Header, storageSOPClass, Tag, transferSyntax } from '@leadglass/dicom';
import { type Association, store, type StoreResult } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CorpusEntry,
  corpusMissingReason,
  filePath,
  isFuzzingFile,
  manifest,
} from '../corpus/corpus.ts';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { CT_IMAGE_STORAGE, CT_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';
import { titleOf } from '../support/tools.ts';

/** The whole of the malformed files goes through this often; memory is looked at between the passes. */
const PASSES = 3;
/** What a server may hold more after the last pass than after the first: caches that fill, not a leak. */
const GROWTH_MAX_BYTES = 64 * 1024 * 1024;
/** Codes an Error Comment (0000,0902) may be made of: no lower case, because patient names have it; tag and offset. */
const SAFE_COMMENT = /^[A-Z][A-Z_]+(?: \([0-9A-F]{4},[0-9A-F]{4}\))?(?: at \d+)?$/;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('FUZZER', 'echo,store,find');
  await archive.start();
});
afterAll(() => scope.close());

let nextUID = 0;
/** A good CT image with UIDs of its own. */
function goodInstance(): { sopInstanceUID: string; dataSet: Uint8Array } {
  const sopInstanceUID = `2.25.77.${++nextUID}`;
  return {
    sopInstanceUID,
    dataSet: makeInstance({ sopInstanceUID, studyInstanceUID: '2.25.77', seriesInstanceUID: '2.25.77.0' }),
  };
}

function storeCT(
  association: Association,
  sopInstanceUID: string,
  dataSet: Uint8Array,
): Promise<StoreResult> {
  const named = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
  return store(association, { ...named, sopInstanceUID, dataSet });
}

describe.skipIf(corpusMissingReason !== undefined)(
  titleOf('Malformed files of the corpus through C-STORE', corpusMissingReason),
  () => {
    const entries = manifest().filter((entry) => isFuzzingFile(entry));

    test('each has an answer, none of them "processing failure", and good ones between them are stored', async () => {
      let after: number[] = [];
      for (let pass = 0; pass < PASSES; pass++) {
        await storeAll(entries);
        after = [...after, archive.memoryBytes('VmRSS')];
      }
      expect(archive.isRunning).toBe(true);
      const [first = 0] = after;
      expect((after.at(-1) ?? 0) - first).toBeLessThan(GROWTH_MAX_BYTES);
    });
  },
);

/** One association for every file: a refused one must not take the association with it. */
async function storeAll(entries: readonly CorpusEntry[]): Promise<void> {
  const files = entries.map(readRaw);
  const pairs = new Map(
    files.map((file) => [`${file.sopClassUID} ${file.transferSyntaxUID}`, file] as const),
  );
  const contexts = [...pairs.values()].map(({ sopClassUID, transferSyntaxUID }) => ({
    abstractSyntax: sopClassUID,
    transferSyntaxes: [transferSyntaxUID],
  }));
  const association = await associate(device, archive.port, [...contexts, ...CT_STORAGE]);
  const surprises: string[] = [];
  for (const [number, file] of files.entries()) {
    const { status, command } = await store(association, file);
    const comment = command.errorComment ?? '';
    const isExpected = status === 0 || status === 0xa900 || status === 0x0111 || status >> 12 === 0xc;
    const isParseFailure = status >> 12 === 0xc;
    if (!isExpected || (isParseFailure && !SAFE_COMMENT.test(comment))) {
      surprises.push(`${file.name}: ${status.toString(16)} ${comment}`);
    }
    if (number % 10 === 0) {
      const good = goodInstance();
      expect((await storeCT(association, good.sopInstanceUID, good.dataSet)).status).toBe(0);
    }
  }
  await association.release();
  expect(surprises).toEqual([]);
}

/** The data set as raw bytes, under what the manifest says it is: as an attacker's own tool would send it. */
function readRaw(entry: CorpusEntry) {
  const bytes = new Uint8Array(readFileSync(filePath(entry.file)));
  let [dataSetOffset, transferSyntaxUID] = [0, EXPLICIT_LITTLE_ENDIAN as string];
  try {
    const header = readPart10Header(bytes);
    dataSetOffset = header.dataSetOffset;
    if (transferSyntax(header.transferSyntaxUID)) transferSyntaxUID = header.transferSyntaxUID;
  } catch (error) {
    // No file header at all: then all of it is the data set.
    if (!(error instanceof ParseError)) throw error;
  }
  const { SOPClassUID = '', SOPInstanceUID = '' } = entry as CorpusEntry & {
    readonly SOPInstanceUID?: string;
  };
  return {
    name: entry.file,
    sopClassUID: storageSOPClass(SOPClassUID) ? SOPClassUID : CT_IMAGE_STORAGE,
    sopInstanceUID: /^[0-9.]{1,64}$/.test(SOPInstanceUID) ? SOPInstanceUID : '2.25.1',
    transferSyntaxUID,
    dataSet: bytes.subarray(dataSetOffset),
  };
}

describe.skipIf(corpusMissingReason !== undefined)(
  titleOf('Malformed files of the corpus through `leadglass import`', corpusMissingReason),
  () => {
    test('each has an outcome, with a reason when it is refused, and the archive is whole afterwards', async () => {
      const entries = manifest().filter((entry) => isFuzzingFile(entry));
      const other = await TestArchive.create(scope);
      const { stdout, code } = await other.command(
        'import',
        '--json',
        filePath('pwnlabmx__dicom-fuzzing-corpus'),
      );
      const report = JSON.parse(stdout) as Record<string, number> & {
        refusals: { path: string; reason: string }[];
      };
      const { stored = 0, identical = 0, conflict = 0, refused = 0, skipped = 0 } = report;
      expect(stored + identical + conflict + refused + skipped).toBe(entries.length);
      expect(refused).toBeGreaterThan(0);
      expect(code).toBe(1);
      const reasons = new Set(report.refusals.map(({ reason }) => reason));
      expect([...reasons].filter((reason) => !/^[A-Z_]+$/.test(reason) || reason === 'UNEXPECTED')).toEqual(
        [],
      );
      expect((await other.command('verify')).code).toBe(0);
      expect((await other.command('trail', 'verify')).code).toBe(0);
    });
  },
);

describe('An instance that is not what its command says (PS3.4 B.2.3)', () => {
  test.each([
    ['another SOPInstanceUID', Tag.SOPInstanceUID, CT_IMAGE_STORAGE, '2.25.4711'],
    ['another SOPClassUID', Tag.SOPClassUID, '1.2.840.10008.5.1.4.1.1.4', ''],
  ])('%s: A900 with the offending element; the next one is stored', async (_name, tag, sopClassUID, uid) => {
    const contexts = [
      { abstractSyntax: sopClassUID, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] },
      ...CT_STORAGE,
    ];
    const association = await associate(device, archive.port, contexts);
    const { sopInstanceUID, dataSet } = goodInstance();
    const result = await store(association, {
      sopClassUID,
      sopInstanceUID: uid || sopInstanceUID,
      transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
      dataSet,
    });
    expect(result.status).toBe(0xa900);
    expect(result.command.offendingElement).toEqual([tag]);
    const good = goodInstance();
    expect((await storeCT(association, good.sopInstanceUID, good.dataSet)).status).toBe(0);
    await association.release();
  });
});

describe('A data set that cannot be parsed', () => {
  const canary = 'CANARY^VALUE';
  const { sopInstanceUID, dataSet } = goodInstance();
  const withValue = makeInstance({
    sopInstanceUID,
    studyInstanceUID: '2.25.77',
    seriesInstanceUID: '2.25.77.0',
    patientName: canary,
  });

  test.each([
    ['cut short', withValue.subarray(0, withValue.length - 7)],
    [
      'tags in no order and a VR that is none',
      Buffer.concat([dataSet, Buffer.from('10001000ZZ\x04\0CANA', 'latin1')]),
    ],
    [
      'a length beyond the end',
      Buffer.concat([dataSet, Buffer.from('\xe0\x7f\x10\0OW\0\0\xf0\xff\xff\x7f', 'latin1')]),
    ],
    ['nothing but noise', Buffer.from(canary.repeat(100))],
  ])('%s: C000 with tag and offset, and no value; the next one is stored', async (_name, bytes) => {
    const association = await associate(device, archive.port, CT_STORAGE);
    const { status, command } = await storeCT(association, sopInstanceUID, bytes);
    expect(status >> 12).toBe(0xc);
    expect(command.errorComment).toMatch(SAFE_COMMENT);
    expect(command.errorComment).toMatch(/\([0-9A-F]{4},[0-9A-F]{4}\).* at \d+$/);
    expect(command.errorComment).not.toMatch(/CANA/);
    const good = goodInstance();
    expect((await storeCT(association, good.sopInstanceUID, good.dataSet)).status).toBe(0);
    await association.release();
  });

  test('an empty data set is refused', async () => {
    const association = await associate(device, archive.port, CT_STORAGE);
    expect((await storeCT(association, sopInstanceUID, new Uint8Array(0))).status >> 12).toBe(0xc);
    await association.release();
  });

  test('another data set under a UID that is held: refused with 0111, the first one stays', async () => {
    const association = await associate(device, archive.port, CT_STORAGE);
    const { sopInstanceUID: uid, dataSet: first } = goodInstance();
    expect((await storeCT(association, uid, first)).status).toBe(0);
    expect((await storeCT(association, uid, first)).status).toBe(0);
    const other = makeInstance({
      sopInstanceUID: uid,
      studyInstanceUID: '2.25.77',
      seriesInstanceUID: '2.25.77.0',
      patientName: 'Another^Name',
    });
    expect((await storeCT(association, uid, other)).status).toBe(0x0111);
    await association.release();
  });
});

test('None of this was said aloud: no value in what the server prints (L7)', () => {
  expect(archive.said).not.toMatch(/CANA|\^/);
});
