import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10, Tag } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationFolders } from '../../packages/server/src/config/installation.ts';
import { TestArchive } from '../support/archive.ts';
import { demoFiles, storeFiles } from '../support/demo-files.ts';
import { freePort } from '../support/free-port.ts';
import { dicomWebPluginMissing, LEADGLASS_MODALITY, Orthanc } from '../support/orthanc.ts';
import { sha256 } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { createToken, partsOf, WebClient } from '../support/web-client.ts';

const reason = missingTools('Orthanc') ?? dicomWebPluginMissing;
/** A CT study of 65 instances, and a radiograph that is sent to the archive. */
const files = demoFiles(2);
const ct = files.filter(({ instance }) => instance.studyInstanceUID === files[0]?.instance.studyInstanceUID);
const radiograph = files.at(-1);
const SERVER = `dicom-web/servers/${LEADGLASS_MODALITY}`;

const scope = new Scope();
let archive: TestArchive;
let web: WebClient;
let orthanc: Orthanc;

/** DICOM JSON as Orthanc tells it. */
type Found = readonly Readonly<Record<string, { readonly Value?: unknown }>>[];

beforeAll(async () => {
  if (reason !== undefined) return;
  archive = await TestArchive.create(scope);
  const dicomPort = await freePort();
  const device = await archive.addDevice('ORTHANC', 'echo', { port: dicomPort });
  await archive.start();
  const token = await createToken(archive, 'store,find,get');
  web = new WebClient(scope, archive, { token });
  await storeFiles(
    web,
    ct.map(({ file }) => file),
  );
  orthanc = await Orthanc.start({
    scope,
    device,
    dicomPort,
    archivePort: archive.port,
    dicomWeb: {
      url: `https://localhost:${archive.httpsPort}/dicom-web/`,
      token,
      caFile: installationFolders(archive.dataFolder).caCertFile,
    },
  });
});
afterAll(() => scope.close());

/** What identifies an instance, and its pixels or document: Orthanc writes data sets its own way. */
function essence(file: Uint8Array): string {
  const { dataSet } = readPart10(new Uint8Array(file));
  const bytes = dataSet.bytes(Tag.PixelData) ?? dataSet.bytes(Tag.EncapsulatedDocument) ?? new Uint8Array();
  return `${dataSet.string(Tag.SOPInstanceUID)} ${dataSet.string(Tag.PatientName)} ${sha256(bytes)}`;
}

describe.skipIf(reason !== undefined)(
  titleOf("With Orthanc's DICOMweb plugin as a client, over TLS with a token", reason),
  () => {
    test('QIDO-RS: it finds the study, its series and its instances', async () => {
      const studyInstanceUID = ct[0]?.instance.studyInstanceUID ?? '';
      const find = async (Uri: string, Arguments: object = {}): Promise<Found> =>
        (await orthanc.post(`${SERVER}/qido`, { Uri, Arguments })) as Found;
      const studies = await find('/studies', { PatientID: 'DEMO-0001', includefield: '00081030' });
      expect(studies.map((study) => study['0020000D']?.Value)).toEqual([studyInstanceUID]);
      expect(await find(`/studies/${studyInstanceUID}/series`)).toHaveLength(6);
      expect(await find('/instances', { StudyInstanceUID: studyInstanceUID })).toHaveLength(ct.length);
      // Nothing found is 204 without a body (PS3.18 10.6.3.1); this version takes only 200 for an answer.
      await expect(find('/studies', { PatientID: 'nobody' })).rejects.toThrow('Bad file format');
    });

    test('WADO-RS: it retrieves the study into its own store', async () => {
      const Study = ct[0]?.instance.studyInstanceUID ?? '';
      await orthanc.post(`${SERVER}/retrieve`, { Resources: [{ Study }], Synchronous: true });
      const ids = (await orthanc.get('instances')) as string[];
      expect(ids).toHaveLength(ct.length);
      const kept: Uint8Array[] = [];
      for (const id of ids) kept.push(await orthanc.bytes(`instances/${id}/file`));
      expect(new Set(kept.map(essence))).toEqual(new Set(ct.map(({ file }) => essence(file))));
    });

    test('STOW-RS: it stores what it was given by others', async () => {
      if (radiograph === undefined) throw new Error('the demo has a radiograph');
      const path = join(scope.folder('radiograph'), 'file.dcm');
      writeFileSync(path, radiograph.file);
      const id = await orthanc.upload(path);
      await orthanc.post(`${SERVER}/stow`, { Resources: [id], Synchronous: true });
      const kept = await web.ask(`/dicom-web/studies/${radiograph.instance.studyInstanceUID}`);
      expect(partsOf(kept).map(({ body }) => essence(body))).toEqual([essence(radiograph.file)]);
    });
  },
);
