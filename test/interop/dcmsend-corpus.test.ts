import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readPart10Header } from '@leadglass/dicom';
import { store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpusMissingReason } from '../corpus/corpus.ts';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { CONTEXTS_MAX, peerArguments, startStorageReceiver, type StorageReceiver } from '../support/dcmtk.ts';
import { readingsOf, valuesOf } from '../support/dumps.ts';
import { associateForGet, fetchFiles } from '../support/fetching.ts';
import { dataSetSum, differences, receivedPaths } from '../support/received.ts';
import { Scope } from '../support/scope.ts';
import { copyWithOwnUIDs, sortCorpus, type StorableFile } from '../support/storable.ts';
import { associate, openTunnel } from '../support/tls-client.ts';
import { missingTools, runTool, titleOf, type ToolResult } from '../support/tools.ts';
import { isReceivedByStorescp, notReadByDcmtk, notSentByDcmsend } from './dcmtk-limits.ts';

const reason = missingTools('dcmsend', 'storescp', 'dcmdump', 'dcm2json', 'dcmodify') ?? corpusMissingReason;
const TRANSFER_TIMEOUT_MS = 120_000;
/** Files read by DCMTK's tools: the first ones of each transfer syntax, of this size at the most. */
const READ_OF_EACH_SYNTAX = 3;
const READ_MAX_BYTES = 1_000_000;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
let files: StorableFile[];
/** What dcmsend can send, and what it leaves to an SCU of ours. */
let sent: StorableFile[];
let rest: StorableFile[];
/** The instances as they went out: dcmsend turns uncompressed ones into explicit VR little endian. */
let held: StorableFile[];
let receiver: StorageReceiver;
let log: ToolResult;
let fetched: Map<string, string>;

const byKind = (some: readonly StorableFile[]): StorableFile[] => [
  ...new Map(some.map((file) => [`${file.sopClassUID} ${file.transferSyntaxUID}`, file])).values(),
];
const sumOfFile = (path: string): string => dataSetSum(new Uint8Array(readFileSync(path)));

function makeFolder(name: string): string {
  const path = join(scope.folder(name), name);
  mkdirSync(path);
  return path;
}

async function setUp(): Promise<void> {
  files = copyWithOwnUIDs(sortCorpus().storable, makeFolder('files'));
  sent = files.filter(({ file }) => !notSentByDcmsend.has(file));
  rest = files.filter(({ file }) => notSentByDcmsend.has(file));
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('DCMSEND', 'store,get');
  await archive.start();
  const tunnelPort = await openTunnel(scope, device, archive.port);
  receiver = await startStorageReceiver(scope);
  // -dn: as it is compressed, or not at all; +f: also files without File Meta Information.
  const options = ['-v', '-dn', '+f', '-nuc', '-nh'];
  const paths = sent.map(({ path }) => path);
  const run = (...peer: readonly string[]): Promise<ToolResult> =>
    runTool('dcmsend', [...options, ...peer, ...paths], { timeoutMs: TRANSFER_TIMEOUT_MS });
  [log] = await Promise.all([
    run(...peerArguments(device, tunnelPort)),
    run('127.0.0.1', String(receiver.port)),
  ]);
}

afterAll(() => scope.close());

const TITLE = 'dcmsend and C-GET over the whole corpus, over mutual TLS';

describe.skipIf(reason !== undefined)(titleOf(TITLE, reason), () => {
  beforeAll(setUp, TRANSFER_TIMEOUT_MS);

  test('dcmsend: every instance that it can send is stored', () => {
    const summary = log.output.slice(log.output.indexOf('Status Summary'));
    expect(summary).toContain(`- sent to the peer       : ${sent.length}\n`);
    expect(summary).toContain(`with status SUCCESS  : ${sent.length}\n`);
  });

  function asSent(file: StorableFile, received: ReadonlyMap<string, string>): StorableFile {
    const path = received.get(file.sopInstanceUID);
    // What storescp cannot take is compared with the file, as is what our own SCU has sent.
    if (!sent.includes(file) || !isReceivedByStorescp(file) || path === undefined) return file;
    const { transferSyntaxUID } = readPart10Header(new Uint8Array(readFileSync(path)));
    return { ...file, path, transferSyntaxUID };
  }

  test('the others are stored from the very bytes of their files by an SCU of ours', async () => {
    const contexts = byKind(rest).map(({ sopClassUID, transferSyntaxUID }) => ({
      abstractSyntax: sopClassUID,
      transferSyntaxes: [transferSyntaxUID],
    }));
    const association = await associate(device, archive.port, contexts);
    const failed: string[] = [];
    for (const { file, path, dataSetOffset, ...names } of rest) {
      const dataSet = new Uint8Array(readFileSync(path)).subarray(dataSetOffset);
      const { status } = await store(association, { ...names, dataSet });
      if (status !== 0) failed.push(`${file}: ${status.toString(16)}`);
    }
    expect(failed).toEqual([]);
    await association.release();
  });

  test('C-GET fetches all of them, in every transfer syntax, bit for bit (L4)', async () => {
    const received = receivedPaths(receiver.folder);
    held = files.map((file) => asSent(file, received));
    const kinds = byKind(held);
    expect(kinds.length).toBeLessThan(CONTEXTS_MAX);
    const association = await associateForGet(device, archive.port, kinds);
    const studies = [...new Set(files.map(({ studyInstanceUID }) => studyInstanceUID))];
    const keys = { StudyInstanceUID: studies };
    fetched = await fetchFiles(association, 'STUDY', keys, makeFolder('fetched'));
    await association.release();
    const sums = new Map([...fetched].map(([uid, path]) => [uid, sumOfFile(path)]));
    const expected = held.map(({ sopInstanceUID, path }) => [sopInstanceUID, sumOfFile(path)] as const);
    expect(differences(sums, new Map(expected))).toEqual([]);
    expect(fetched.size).toBe(files.length);
    const same = files.filter(({ path, sopInstanceUID }) => sums.get(sopInstanceUID) === sumOfFile(path));
    process.stderr.write(`C-GET: ${fetched.size} fetched, ${same.length} of them as in the file\n`);
  });

  test('dcmdump and dcm2json read the same in what went in and in what came out', async () => {
    const given = files.map((file, number) => {
      const sentAs = held[number] ?? file;
      return file.transferSyntaxUID === sentAs.transferSyntaxUID ? file : sentAs;
    });
    const small = given.filter((file) => statSync(file.path).size < READ_MAX_BYTES);
    const bySyntax = Map.groupBy(small, ({ transferSyntaxUID }) => transferSyntaxUID);
    const table = [...bySyntax.values()].flatMap((some) => some.slice(0, READ_OF_EACH_SYNTAX));
    const before = await readingsOf(
      table.map(({ path }) => path),
      makeFolder('before'),
    );
    const after = await readingsOf(
      table.map(({ sopInstanceUID }) => fetched.get(sopInstanceUID) ?? ''),
      makeFolder('after'),
    );
    const wrong: string[] = [];
    for (const [number, { file }] of table.entries()) {
      const [went, came] = [before[number], after[number]];
      const isRead = !notReadByDcmtk.includes(file);
      if ((came?.dump !== undefined) !== isRead) wrong.push(`${file}: ${isRead ? 'not read' : 'is read'}`);
      if (!isDeepStrictEqual(came?.json, went?.json)) wrong.push(`${file}: other JSON than in the file`);
      if (!isDeepStrictEqual(valuesOf(came?.dump), valuesOf(went?.dump)))
        wrong.push(`${file}: other values than in the file`);
    }
    expect(wrong).toEqual([]);
    const json = after.filter((reading) => reading.json !== undefined).length;
    process.stderr.write(
      `dcmdump: ${table.length} files of ${bySyntax.size} transfer syntaxes; dcm2json: ${json}\n`,
    );
    expect(json).toBeGreaterThan(table.length / 2);
  });

  test('the server said nothing but that it is ready, and its trail is whole', async () => {
    expect(archive.said.trim().split('\n')).toHaveLength(1);
    expect(await archive.stop()).toBe(0);
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
    expect((await archive.command('verify')).code).toBe(0);
  });
});
