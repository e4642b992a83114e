import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TransferSyntaxUID } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ImagingPool } from '../../packages/server/src/imaging/index.ts';
import { corpusMissingReason } from '../corpus/corpus.ts';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import {
  CONTEXTS_MAX,
  peerArguments,
  startStorageReceiver,
  STORAGE_PROFILE,
  type StorageReceiver,
  tlsArguments,
  writeStorageProfile,
} from '../support/dcmtk.ts';
import { freePort } from '../support/free-port.ts';
import { printedValues, type QueryKeys, type QueryLevel, writeQueryFile } from '../support/queries.ts';
import { differences, receivedDataSets, receivedPaths } from '../support/received.ts';
import { Scope } from '../support/scope.ts';
import { copyWithOwnUIDs, sortCorpus, type StorableFile } from '../support/storable.ts';
import { openTunnel } from '../support/tls-client.ts';
import { syntaxOfFile, TranscodedPixels } from '../support/transcoded.ts';
import { missingTools, runTool, titleOf, type ToolResult } from '../support/tools.ts';
import { isGottenByGetscu, isReceivedByStorescp, notSentByStorescu } from './dcmtk-limits.ts';

const reason = missingTools('storescu', 'storescp', 'findscu', 'movescu', 'getscu') ?? corpusMissingReason;
const TRANSFER_TIMEOUT_MS = 120_000;

/** An empty PatientID names nobody; one of asterisks (there is one) names who has it. */
const isUsableKey = (patientID: string): boolean => /^(?:[^*?\\]+|\*{2,})$/.test(patientID);

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
/** The corpus' instances, and those of them that storescu can send. */
let files: StorableFile[];
let sent: StorableFile[];
/** What storescu sends for them: it writes a data set anew (lengths, padding) before it goes out. */
let reference: Map<string, string>;
let storeLog: ToolResult;
let destination: StorageReceiver;
let tunnelPort: number;
let folder: string;
const pool = new ImagingPool();
let pixels: TranscodedPixels;

async function setUp(): Promise<void> {
  folder = scope.folder('corpus');
  pixels = new TranscodedPixels(pool);
  files = copyWithOwnUIDs(sortCorpus().storable, makeFolder('files'));
  sent = files.filter((file) => !notSentByStorescu.has(file.file));
  archive = await TestArchive.create(scope);
  const port = await freePort();
  device = await archive.addDevice('DCMTK', 'echo,store,find,get,move', { port });
  await archive.start();
  tunnelPort = await openTunnel(scope, device, archive.port);
  destination = await startStorageReceiver(scope, { device, port });
  const receiver = await startStorageReceiver(scope);
  const profile = join(folder, 'storage.cfg');
  const contexts = new Map(sent.map((file) => [`${file.sopClassUID} ${file.transferSyntaxUID}`, file]));
  expect(contexts.size).toBeLessThanOrEqual(CONTEXTS_MAX);
  writeStorageProfile(profile, [...contexts.values()]);
  const paths = sent.map((file) => file.path);
  const options = ['-v', '-nh', '-xf', profile, STORAGE_PROFILE];
  [, storeLog] = await Promise.all([
    runTool('storescu', [...options, '127.0.0.1', String(receiver.port), ...paths], {
      timeoutMs: TRANSFER_TIMEOUT_MS,
    }),
    runTool(
      'storescu',
      [...options, ...tlsArguments(device), ...peerArguments(device, archive.port), ...paths],
      {
        timeoutMs: TRANSFER_TIMEOUT_MS,
      },
    ),
  ]);
  reference = receivedDataSets(receiver.folder);
}

function makeFolder(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

afterAll(async () => {
  await pool.close();
  await scope.close();
});

describe.skipIf(reason !== undefined)(titleOf('DCMTK and the corpus, over mutual TLS', reason), () => {
  beforeAll(setUp, TRANSFER_TIMEOUT_MS);

  test('storescu: every instance that it can send is stored', () => {
    const stored = new Map<string, string>();
    let current = '';
    for (const line of storeLog.output.split('\n')) {
      current = /Sending file: (.*)$/.exec(line)?.[1] ?? current;
      const status = /Received Store Response \((.*)\)/.exec(line)?.[1];
      if (status !== undefined) stored.set(current, status);
    }
    const failures = sent.flatMap(({ file, path }) => {
      const status = stored.get(path);
      return status === 'Success' ? [] : [`${file}: ${status ?? 'not sent'}`];
    });
    expect(failures).toEqual([]);
  });

  async function find(root: '-P' | '-S', level: QueryLevel, queries: readonly QueryKeys[]): Promise<string> {
    const folder = scope.folder('queries');
    const paths = queries.map((keys, number) => writeQueryFile(folder, String(number), level, keys));
    const args = ['-v', root, ...tlsArguments(device), ...peerArguments(device, archive.port), ...paths];
    const result = await runTool('findscu', args, { timeoutMs: TRANSFER_TIMEOUT_MS });
    expect(result.code).toBe(0);
    return result.output;
  }

  const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

  test('findscu at PATIENT level, patient root', async () => {
    const output = await find('-P', 'PATIENT', [{ PatientID: '', PatientName: '' }]);
    expect(unique(printedValues(output, '0010,0020'))).toEqual(unique([...patientOfStudy().values()]));
  });

  /** A study belongs to the patient of its first instance, should a later one name another. */
  function patientOfStudy(): Map<string, string> {
    const patients = new Map<string, string>();
    for (const { studyInstanceUID, patientID } of sent) {
      if (!patients.has(studyInstanceUID)) patients.set(studyInstanceUID, patientID);
    }
    return patients;
  }

  test('findscu at STUDY level, both roots', async () => {
    const all = unique(sent.map((file) => file.studyInstanceUID));
    const studyRoot = await find('-S', 'STUDY', [
      { StudyInstanceUID: '', NumberOfStudyRelatedInstances: '' },
    ]);
    expect(unique(printedValues(studyRoot, '0020,000d'))).toEqual(all);
    const counts = printedValues(studyRoot, '0020,1208').map(Number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(sent.length);
    const named = [...patientOfStudy()].filter(([, patientID]) => isUsableKey(patientID));
    const patientRoot = await find(
      '-P',
      'STUDY',
      unique(named.map(([, patientID]) => patientID)).map((PatientID) => ({
        PatientID,
        StudyInstanceUID: '',
      })),
    );
    expect(unique(printedValues(patientRoot, '0020,000d'))).toEqual(unique(named.map(([study]) => study)));
  });

  test('findscu at SERIES level, both roots', async () => {
    const studies = unique(sent.map((file) => file.studyInstanceUID));
    const output = await find(
      '-S',
      'SERIES',
      studies.map((StudyInstanceUID) => ({ StudyInstanceUID, SeriesInstanceUID: '' })),
    );
    expect(unique(printedValues(output, '0020,000e'))).toEqual(
      unique(sent.map((file) => file.seriesInstanceUID)),
    );
    const named = new Map([...patientOfStudy()].filter(([, patientID]) => isUsableKey(patientID)));
    const patientRoot = await find(
      '-P',
      'SERIES',
      [...named].map(([StudyInstanceUID, PatientID]) => ({
        PatientID,
        StudyInstanceUID,
        SeriesInstanceUID: '',
      })),
    );
    expect(unique(printedValues(patientRoot, '0020,000e'))).toEqual(
      unique(sent.filter((file) => named.has(file.studyInstanceUID)).map((file) => file.seriesInstanceUID)),
    );
  });

  test('findscu at IMAGE level, both roots', async () => {
    const series = new Map(sent.map((file) => [`${file.studyInstanceUID} ${file.seriesInstanceUID}`, file]));
    const queries = [...series.values()].map((file) => ({
      StudyInstanceUID: file.studyInstanceUID,
      SeriesInstanceUID: file.seriesInstanceUID,
      SOPInstanceUID: '',
      SOPClassUID: '',
    }));
    const output = await find('-S', 'IMAGE', queries);
    expect(unique(printedValues(output, '0008,0018'))).toEqual(
      unique(sent.map((file) => file.sopInstanceUID)),
    );
    const patients = patientOfStudy();
    const isNamed = (file: StorableFile): boolean => isUsableKey(patients.get(file.studyInstanceUID) ?? '');
    const patientRoot = await find(
      '-P',
      'IMAGE',
      [...series.values()].filter(isNamed).map((file) => ({
        PatientID: patients.get(file.studyInstanceUID) ?? '',
        StudyInstanceUID: file.studyInstanceUID,
        SeriesInstanceUID: file.seriesInstanceUID,
        SOPInstanceUID: '',
      })),
    );
    expect(unique(printedValues(patientRoot, '0008,0018'))).toEqual(
      unique(sent.filter(isNamed).map((file) => file.sopInstanceUID)),
    );
  });

  test('movescu: what comes back is bit for bit what storescu sent (L4)', async () => {
    const studies = unique(sent.map((file) => file.studyInstanceUID));
    const query = writeQueryFile(folder, 'move', 'STUDY', { StudyInstanceUID: studies });
    const args = ['-v', '-S', '-aem', device.aeTitle, ...peerArguments(device, tunnelPort), query];
    const { code, output } = await runTool('movescu', args, { timeoutMs: TRANSFER_TIMEOUT_MS });
    expect(code).not.toBe(0);
    // What storescp cannot take is counted as failed (PS3.4 C.4.2.1.5, status B000).
    expect(output).toContain('SubOperationsCompleteOneOrMoreFailures');
    const { asSent } = received(destination.folder);
    expect(differences(sumsOf(asSent), ofFiles(sent.filter(isReceivedByStorescp)))).toEqual([]);
    expect(asSent).toHaveLength(sent.filter(isReceivedByStorescp).length);
  });

  test('movescu: what storescp does not take as it is stored comes transcoded, with the same pixels', async () => {
    const { transcoded } = received(destination.folder);
    const found = await comparisons(transcoded);
    expect(transcoded.map(({ file }) => file.transferSyntaxUID)).toEqual(['1.2.840.10008.1.2.4.57']);
    expect(found).toEqual({ 'pixels of another decoder': 1 });
  });

  interface Received {
    readonly file: StorableFile;
    readonly path: string;
    readonly sum: string;
  }

  /** What a receiver wrote: bit for bit as storescu sent it, and in another transfer syntax. */
  function received(folder: string): { asSent: Received[]; transcoded: Received[] } {
    const byUID = new Map(sent.map((file) => [file.sopInstanceUID, file]));
    const sums = receivedDataSets(folder);
    const all = [...receivedPaths(folder)].flatMap(([uid, path]) => {
      const file = byUID.get(uid);
      return file === undefined ? [] : [{ file, path, sum: sums.get(uid) ?? '' }];
    });
    // getscu names another transfer syntax in the files of what it got deflated: the bytes decide.
    const isAsSent = ({ file, path, sum }: Received): boolean =>
      sum === reference.get(file.sopInstanceUID) || syntaxOfFile(path) === file.transferSyntaxUID;
    return { asSent: all.filter(isAsSent), transcoded: all.filter((each) => !isAsSent(each)) };
  }

  const ofFiles = (files: readonly StorableFile[]): Map<string, string> =>
    new Map(files.map(({ sopInstanceUID }) => [sopInstanceUID, reference.get(sopInstanceUID) ?? 'not sent']));

  const sumsOf = (all: readonly Received[]): Map<string, string> =>
    new Map(all.map(({ file, sum }) => [file.sopInstanceUID, sum]));

  /** How often transcoded instances compare in which way; what has other pixels is named. */
  async function comparisons(transcoded: readonly Received[]): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const { file, path } of transcoded) {
      const how = await pixels.compare(new Uint8Array(readFileSync(path)), file);
      const key = how === 'other pixels' ? `${how}: ${file.file}` : how;
      found[key] = (found[key] ?? 0) + 1;
    }
    return found;
  }

  test(
    'getscu, in every transfer syntax it can ask for: bit for bit as well, or with the same pixels',
    async () => {
      const sums = new Map<string, string>();
      const transcoded: Received[] = [];
      for (const [syntax, option] of GETSCU_OPTIONS) {
        const wanted = sent.filter((file) => file.transferSyntaxUID === syntax && isGottenByGetscu(file));
        if (wanted.length === 0) continue;
        const keys = { StudyInstanceUID: unique(wanted.map((file) => file.studyInstanceUID)) };
        const query = writeQueryFile(folder, `get-${option}`, 'STUDY', keys);
        const out = makeFolder(`got-${option}`);
        const args = ['-v', '-S', option, '+B', '-od', out, ...peerArguments(device, tunnelPort), query];
        const { code, output } = await runTool('getscu', args, { timeoutMs: TRANSFER_TIMEOUT_MS });
        expect(`${option}: ${code} ${output.slice(-300)}`).toContain(`${option}: 0`);
        const came = received(out);
        transcoded.push(...came.transcoded);
        for (const [uid, sum] of sumsOf(came.asSent)) sums.set(uid, sum);
      }
      const expected = new Map(
        sent.flatMap((file) => {
          const sum = reference.get(file.sopInstanceUID);
          return sum === undefined || !isGottenByGetscu(file) ? [] : [[file.sopInstanceUID, sum] as const];
        }),
      );
      expect(differences(sums, expected)).toEqual([]);
      const found = await comparisons(transcoded);
      process.stderr.write(`getscu: ${sums.size} as stored, transcoded ${JSON.stringify(found)}\n`);
      expect(Object.keys(found).filter((how) => how.startsWith('other pixels'))).toEqual([]);
      expect(found['pixels of another decoder']).toBeGreaterThan(50);
    },
    TRANSFER_TIMEOUT_MS,
  );

  test(
    'getscu, one transfer syntax for everything: what cannot be had in it is left out, the rest arrives',
    async () => {
      const query = writeQueryFile(folder, 'get-all', 'STUDY', {
        StudyInstanceUID: unique(sent.map((file) => file.studyInstanceUID)),
      });
      const out = makeFolder('got-all');
      const args = ['-v', '-S', '+xt', '+B', '-od', out, ...peerArguments(device, tunnelPort), query];
      const { output } = await runTool('getscu', args, { timeoutMs: TRANSFER_TIMEOUT_MS });
      // The association went on to its end, and said why some did not come.
      expect(output).toContain('SubOperationsCompleteOneOrMoreFailures');
      const { asSent, transcoded } = received(out);
      const found = await comparisons(transcoded);
      const came = asSent.length + transcoded.length;
      process.stderr.write(`getscu +xt: ${came} of ${sent.length}, ${JSON.stringify(found)}\n`);
      expect(came).toBeGreaterThan(390);
      expect(Object.keys(found).filter((how) => how.startsWith('other pixels'))).toEqual([]);
    },
    TRANSFER_TIMEOUT_MS,
  );

  test('the server said nothing but that it is ready, and its trail is whole', async () => {
    expect(archive.said.trim().split('\n')).toHaveLength(1);
    expect(await archive.stop()).toBe(0);
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
    expect((await archive.command('verify')).code).toBe(0);
  });
});

/** What getscu 3.6.7 proposes first with each of its options. */
const GETSCU_OPTIONS: readonly (readonly [string, string])[] = [
  [TransferSyntaxUID.ExplicitVRLittleEndian, '+xe'],
  [TransferSyntaxUID.ExplicitVRBigEndian, '+xb'],
  ['1.2.840.10008.1.2.4.70', '+xs'],
  ['1.2.840.10008.1.2.4.50', '+xy'],
  ['1.2.840.10008.1.2.4.51', '+xx'],
  ['1.2.840.10008.1.2.4.90', '+xv'],
  ['1.2.840.10008.1.2.4.91', '+xw'],
  ['1.2.840.10008.1.2.4.80', '+xt'],
  ['1.2.840.10008.1.2.4.81', '+xu'],
  ['1.2.840.10008.1.2.4.100', '+xm'],
  ['1.2.840.10008.1.2.4.102', '+xn'],
  ['1.2.840.10008.1.2.5', '+xr'],
  ['1.2.840.10008.1.2.1.99', '+xd'],
];
