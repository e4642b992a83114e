import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type DataElement, readPart10, Tag, toDicomJson } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpusMissingReason } from '../corpus/corpus.ts';
import { TestArchive } from '../support/archive.ts';
import { startStorageReceiver, type StorageReceiver } from '../support/dcmtk.ts';
import { readingsOf, valuesOf } from '../support/dumps.ts';
import { freePort } from '../support/free-port.ts';
import { LEADGLASS_MODALITY, Orthanc } from '../support/orthanc.ts';
import type { QueryKeys } from '../support/queries.ts';
import {
  dataSetSum,
  differences,
  inflatedDataSetSum,
  receivedDataSets,
  receivedPaths,
} from '../support/received.ts';
import { Scope } from '../support/scope.ts';
import { copyWithOwnUIDs, sortCorpus, type StorableFile } from '../support/storable.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { isReceivedByStorescp } from './dcmtk-limits.ts';
import { changedOnReceipt, notHeldByOrthanc, notSentByOrthanc } from './orthanc-limits.ts';

const reason = missingTools('Orthanc', 'storescp', 'dcmdump', 'dcm2json', 'dcmodify') ?? corpusMissingReason;
const SET_UP_TIMEOUT_MS = 90_000;
/** Requests to Orthanc at the same time. */
const AT_ONCE = 4;
/** Files read by DCMTK's tools: the first ones of each transfer syntax, of this size at the most. */
const READ_OF_EACH_SYNTAX = 3;
const READ_MAX_BYTES = 1_000_000;

type OrthancFile = StorableFile & { readonly id: string };

const scope = new Scope();
let archive: TestArchive;
let orthanc: Orthanc;
let receiver: StorageReceiver;
let files: StorableFile[];
/** What Orthanc took, ordered so that one association carries many. */
let held: OrthancFile[];
/** What it can send. */
let sent: OrthancFile[];
/** What came back: SOPInstanceUID to the file. */
const returned = new Map<string, string>();

async function setUp(): Promise<void> {
  const folder = makeFolder('files');
  files = copyWithOwnUIDs(sortCorpus().storable, folder);
  archive = await TestArchive.create(scope);
  const dicomPort = await freePort();
  const device = await archive.addDevice('ORTHANC', 'echo,store,find,get,move', { port: dicomPort });
  await archive.start();
  receiver = await startStorageReceiver(scope);
  const modalities = { receiver: { aeTitle: 'STORESCP', port: receiver.port } };
  orthanc = await Orthanc.start({ scope, device, dicomPort, archivePort: archive.port, modalities });
  const uploaded = await inParallel(files, async (file) => ({
    ...file,
    id: (await orthanc.upload(file.path)) ?? '',
  }));
  const kind = (file: StorableFile): string => `${file.sopClassUID} ${file.transferSyntaxUID}`;
  held = uploaded.filter(({ id }) => id !== '').sort((a, b) => kind(a).localeCompare(kind(b)));
  sent = held.filter(({ file }) => !notSentByOrthanc.has(file));
}

function makeFolder(name: string): string {
  const path = join(scope.folder(name), name);
  mkdirSync(path);
  return path;
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [number, item] of entries) results[number] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** Attributes of the answers to a query that Orthanc makes over DIMSE. */
async function find(level: string, keys: QueryKeys): Promise<Record<string, string>[]> {
  const path = await query(level, keys);
  return (await orthanc.get(`${path}/answers?expand&simplify`)) as Record<string, string>[];
}

async function query(level: string, keys: QueryKeys): Promise<string> {
  const { ID } = (await orthanc.post(`modalities/${LEADGLASS_MODALITY}/query`, {
    Level: level,
    Query: keys,
  })) as {
    ID: string;
  };
  return `queries/${ID}`;
}

/** The values of a data set by tag, without what DCMTK leaves out when it writes anew. Long ones as their sums. */
function valuesIn(path: string): Map<string, string> {
  const { dataSet } = readPart10(new Uint8Array(readFileSync(path)));
  const json = toDicomJson(dataSet, {
    bulkDataURI: (_path, element) => sumOfValue(element),
    inlineBinaryMaxBytes: 0,
  });
  const kept = Object.entries(json).filter(([tag]) => tag !== 'FFFCFFFC' && !tag.startsWith('0002'));
  const values = new Map(kept.map(([tag, attribute]) => [tag, JSON.stringify(attribute)]));
  // Some writers call it OW although it is in fragments, which is OB (PS3.5 A.4).
  const pixelData = dataSet.get(Tag.PixelData);
  if (pixelData?.fragments !== undefined) values.set('7FE00010', sumOfValue(pixelData));
  return values;
}

/** Of an element's bytes or fragments, each padded to an even length (PS3.5 7.1.1) if the file has it otherwise. */
function sumOfValue(element: DataElement): string {
  const hash = createHash('sha256');
  const values = element.fragments?.map((_, index) => element.fragmentValue(index)) ?? [element.value];
  for (const value of values) {
    hash.update(value ?? '');
    if ((value?.length ?? 0) % 2 === 1) hash.update(Uint8Array.of(0));
  }
  return hash.digest('hex');
}

afterAll(() => scope.close());

const TITLE = 'Orthanc and the whole corpus, over mutual TLS';

describe.skipIf(reason !== undefined)(titleOf(TITLE, reason), () => {
  beforeAll(setUp, SET_UP_TIMEOUT_MS);

  test('Orthanc takes every storable file but the ones listed', () => {
    const taken = new Set(held.map(({ file }) => file));
    expect(files.map(({ file }) => file).filter((file) => !taken.has(file))).toEqual([
      ...notHeldByOrthanc.keys(),
    ]);
  });

  test('C-STORE: all that Orthanc can send is stored, and of the others nothing', async () => {
    for (const modality of [LEADGLASS_MODALITY, 'receiver']) {
      const job = { Resources: held.map(({ id }) => id), Synchronous: true, Permissive: true };
      await orthanc.post(`modalities/${modality}/store`, job);
    }
    const stored = (await archive.trail())
      .filter(({ verb, outcome }) => verb === 'store' && outcome === 'success')
      .map(({ subject }) => subject?.sopInstanceUID ?? '');
    expect(stored.sort()).toEqual(sent.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  });

  test('C-FIND at PATIENT and STUDY level', async () => {
    const patients = await find('Patient', { PatientID: '' });
    const studies = await find('Study', { StudyInstanceUID: '', NumberOfStudyRelatedInstances: '' });
    expect(studies.map((study) => study['StudyInstanceUID']).sort()).toEqual(
      unique(sent.map(({ studyInstanceUID }) => studyInstanceUID)),
    );
    expect(unique(patients.map((patient) => patient['PatientID'] ?? ''))).toEqual(
      unique(studies.map((study) => study['PatientID'] ?? '')),
    );
    const counts = studies.map((study) => Number(study['NumberOfStudyRelatedInstances']));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(sent.length);
  });

  test('C-FIND at SERIES and IMAGE level', async () => {
    const studies = unique(sent.map(({ studyInstanceUID }) => studyInstanceUID));
    const series = await inParallel(studies, (StudyInstanceUID) =>
      find('Series', { StudyInstanceUID, SeriesInstanceUID: '' }),
    );
    const found = series.flat().map(({ StudyInstanceUID = '', SeriesInstanceUID = '' }) => ({
      StudyInstanceUID,
      SeriesInstanceUID,
    }));
    expect(unique(found.map(({ SeriesInstanceUID }) => SeriesInstanceUID))).toEqual(
      unique(sent.map(({ seriesInstanceUID }) => seriesInstanceUID)),
    );
    const images = await inParallel(found, (keys) => find('Instance', { ...keys, SOPInstanceUID: '' }));
    expect(
      images
        .flat()
        .map((image) => image['SOPInstanceUID'] ?? '')
        .sort(),
    ).toEqual(sent.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  });

  // Orthanc 1.10 has no C-GET as SCU: C-MOVE is its only way to fetch.
  test('C-MOVE: what Orthanc deleted comes back bit for bit as it left (L4)', async () => {
    await inParallel(held, ({ id }) => orthanc.delete(`instances/${id}`));
    expect(await orthanc.get('instances')).toEqual([]);
    const all = unique(sent.map(({ studyInstanceUID }) => studyInstanceUID)).join('\\');
    const to = { TargetAet: 'ORTHANC', Synchronous: true };
    await orthanc.post(`${await query('Study', { StudyInstanceUID: all })}/retrieve`, to);
    expect(((await orthanc.get('instances')) as string[]).length).toBe(sent.length);
    const folder = makeFolder('returned');
    await inParallel(sent, async ({ id, sopInstanceUID }) => {
      const path = join(folder, `${sopInstanceUID}.dcm`);
      writeFileSync(path, await orthanc.bytes(`instances/${id}/file`));
      returned.set(sopInstanceUID, path);
    });
    const left = receivedDataSets(receiver.folder, inflatedDataSetSum);
    // What storescp cannot take is compared with what Orthanc was given.
    const expected = sent
      .filter(({ file }) => !changedOnReceipt.has(file))
      .map((file) => {
        const sum = isReceivedByStorescp(file) ? left.get(file.sopInstanceUID) : sumOf(file.path);
        return [file.sopInstanceUID, sum ?? 'storescp did not receive it'] as const;
      });
    const sums = new Map([...returned].map(([uid, path]) => [uid, sumOf(path)]));
    expect(differences(sums, new Map(expected))).toEqual([]);
  });

  const sumOf = (path: string): string => inflatedDataSetSum(new Uint8Array(readFileSync(path)));

  test('where Orthanc wrote a data set anew before it sent it, each value is the one it was given', () => {
    const changed = sent.filter(({ path, sopInstanceUID }) => {
      const back = new Uint8Array(readFileSync(returned.get(sopInstanceUID) ?? ''));
      return dataSetSum(back) !== dataSetSum(new Uint8Array(readFileSync(path)));
    });
    process.stderr.write(`Orthanc: ${sent.length - changed.length} as in the file, ${changed.length} anew\n`);
    expect(changed.length).toBeLessThan(sent.length / 2);
    const wrong = changed.flatMap(({ file, path, sopInstanceUID }) => {
      const [given, back] = [valuesIn(path), valuesIn(returned.get(sopInstanceUID) ?? '')];
      return [...differences(back, given), ...differences(given, back)].map((each) => `${file}: ${each}`);
    });
    expect(wrong).toEqual([]);
  });

  test('dcmdump and dcm2json read the same in what went in and in what came out', async () => {
    const small = sent.filter((file) => statSync(file.path).size < READ_MAX_BYTES);
    const table = [...Map.groupBy(small, ({ transferSyntaxUID }) => transferSyntaxUID).values()].flatMap(
      (some) => some.slice(0, READ_OF_EACH_SYNTAX),
    );
    const left = receivedPaths(receiver.folder);
    const read = (paths: readonly (string | undefined)[]) =>
      readingsOf(
        paths.map((path) => path ?? ''),
        makeFolder('reading'),
      );
    const given = await read(table.map(({ path }) => path));
    const went = await read(
      table.map((file) => (isReceivedByStorescp(file) ? left.get(file.sopInstanceUID) : file.path)),
    );
    const came = await read(table.map(({ sopInstanceUID }) => returned.get(sopInstanceUID)));
    const wrong: string[] = [];
    for (const [number, { file }] of table.entries()) {
      const [before, between, after] = [given[number], went[number], came[number]];
      if (after?.dump === undefined) wrong.push(`${file}: dcmdump fails`);
      if (!isDeepStrictEqual(after, between)) wrong.push(`${file}: not as it left`);
      if (!isDeepStrictEqual(after?.json, before?.json)) wrong.push(`${file}: other JSON than in the file`);
      if (!isDeepStrictEqual(valuesOf(after?.dump), valuesOf(before?.dump)))
        wrong.push(`${file}: other values than in the file`);
    }
    expect(wrong).toEqual([]);
    const asJson = table.filter((_, number) => came[number]?.json !== undefined);
    process.stderr.write(`Orthanc: ${table.length} dumps and ${asJson.length} DICOM JSON compared\n`);
    // dcm2json fails on some files that dcmdump reads, but not on all of any transfer syntax.
    for (const compared of [table, asJson])
      expect(new Set(compared.map((file) => file.transferSyntaxUID)).size).toBe(14);
  }, 60_000);

  test('the trail is whole, and the server said nothing but that it is ready', async () => {
    expect(archive.said.trim().split('\n')).toHaveLength(1);
    expect(await archive.stop()).toBe(0);
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
    expect((await archive.command('verify')).code).toBe(0);
  });
});
