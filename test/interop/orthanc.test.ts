import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { requestCommitment, STORAGE_COMMITMENT_SOP_CLASS_UID } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpusMissingReason } from '../corpus/corpus.ts';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { startStorageReceiver, type StorageReceiver } from '../support/dcmtk.ts';
import { freePort } from '../support/free-port.ts';
import { LEADGLASS_MODALITY, Orthanc } from '../support/orthanc.ts';
import { dataSetSum, differences, receivedDataSets } from '../support/received.ts';
import { ReportListener } from '../support/report-listener.ts';
import { Scope } from '../support/scope.ts';
import { copyWithOwnUIDs, sortCorpus, type StorableFile } from '../support/storable.ts';
import { associate } from '../support/tls-client.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';

const reason = missingTools('Orthanc', 'storescp') ?? corpusMissingReason;
const SET_UP_TIMEOUT_MS = 90_000;
const FILES = 40;
/** Larger ones are left to the test with DCMTK, which sends all of them. */
const FILE_MAX_BYTES = 2_000_000;
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
const NO_SUCH_OBJECT_INSTANCE = 0x0112;

const scope = new Scope();
let archive: TestArchive;
let orthanc: Orthanc;
let orthancPort: number;
let receiver: StorageReceiver;
let reporter: TestDevice;
let reports: ReportListener;
/** What Orthanc took, with Orthanc's own identifier. */
let taken: (StorableFile & { readonly id: string })[] = [];

/** One of each transfer syntax, then a second one, until there are enough. */
function chooseFiles(): StorableFile[] {
  const small = sortCorpus().storable.filter(({ path }) => statSync(path).size <= FILE_MAX_BYTES);
  const bySyntax = Map.groupBy(small, ({ transferSyntaxUID }) => transferSyntaxUID);
  const turns = Math.max(...[...bySyntax.values()].map((files) => files.length));
  const inTurn = Array.from({ length: turns }, (_, turn) =>
    [...bySyntax.values()].flatMap((files) => files[turn] ?? []),
  );
  return inTurn.flat().slice(0, FILES);
}

async function setUp(): Promise<void> {
  const folder = join(scope.folder('orthanc-files'), 'files');
  mkdirSync(folder);
  archive = await TestArchive.create(scope);
  orthancPort = await freePort();
  const device = await archive.addDevice('ORTHANC', 'echo,store,find,get,move', { port: orthancPort });
  const witness = await archive.addDevice('WITNESS', 'echo');
  reporter = await archive.addDevice('REPORTER', 'echo');
  await archive.start();
  receiver = await startStorageReceiver(scope, { device: witness });
  reports = await ReportListener.open(scope, reporter);
  orthanc = await Orthanc.start({
    scope,
    device,
    dicomPort: orthancPort,
    archivePort: archive.port,
    modalities: {
      receiver: { aeTitle: witness.aeTitle, port: receiver.port },
      reporter: { aeTitle: reporter.aeTitle, port: reports.port },
    },
  });
  for (const file of copyWithOwnUIDs(chooseFiles(), folder)) {
    const id = await orthanc.upload(file.path);
    if (id === undefined) process.stderr.write(`not taken ${file.file}\n`);
    if (id !== undefined) taken.push({ ...file, id });
  }
}

afterAll(() => scope.close());

const sumsInOrthanc = async (): Promise<Map<string, string>> => {
  const sums = new Map<string, string>();
  for (const { id, sopInstanceUID } of taken)
    sums.set(sopInstanceUID, dataSetSum(await orthanc.bytes(`instances/${id}/file`)));
  return sums;
};

describe.skipIf(reason !== undefined)(titleOf('Orthanc and the corpus, over mutual TLS', reason), () => {
  beforeAll(setUp, SET_UP_TIMEOUT_MS);

  test('C-ECHO from Orthanc', async () => {
    await orthanc.post(`modalities/${LEADGLASS_MODALITY}/echo`, {});
  });

  test('stores', async () => {
    const failed: string[] = [];
    for (const file of taken) {
      for (const to of ['receiver', LEADGLASS_MODALITY]) {
      const answer = (await orthanc.post(`modalities/${to}/store`, {
        Resources: [file.id],
        Synchronous: true,
        Permissive: true,
        StorageCommitment: false,
      })) as { FailedInstancesCount?: number };
      if (answer.FailedInstancesCount !== 0) failed.push(`${to} ${file.transferSyntaxUID} ${file.file} ${JSON.stringify(answer)}`);
      }
    }
    expect(failed).toEqual([]);
  });
  test('moves', async () => {
    const before = await sumsInOrthanc();
    const reference = receivedDataSets(receiver.folder);
    console.log('receiver vs file', differences(reference, before));
    for (const { id } of taken) await orthanc.delete(`instances/${id}`);
    const q = await orthanc.post(`modalities/${LEADGLASS_MODALITY}/query`, { Level: 'Study', Query: { StudyInstanceUID: '', PatientID:'' } }) as {ID: string};
    const answers = await orthanc.get(`queries/${q.ID}/answers`) as string[];
    console.log(answers.length, new Set(taken.map(f=>f.studyInstanceUID)).size);
    const r = await orthanc.post(`queries/${q.ID}/retrieve`, { TargetAet: 'ORTHANC', Synchronous: true });
    console.log(r);
    const ids = await orthanc.get('instances') as string[];
    console.log(ids.length, taken.length);
    const after = new Map<string,string>();
    for (const f of taken) if (ids.includes(f.id)) after.set(f.sopInstanceUID, dataSetSum(await orthanc.bytes(`instances/${f.id}/file`)));
    console.log('after vs before', differences(after, before));
    console.log('after vs ref', differences(after, reference));
  }, 60000);
});
