import { createRequire } from 'node:module';
import { readPart10, SOPClassUID, Tag } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive } from '../support/archive.ts';
import { demoFiles, PIXEL_DATA_KEY } from '../support/demo-files.ts';
import { Scope } from '../support/scope.ts';
import { createToken, WebClient } from '../support/web-client.ts';
import { ClientRequest } from '../support/xml-http-request.ts';

interface Attribute {
  readonly Value?: readonly unknown[];
  readonly BulkDataURI?: string;
}
type Metadata = Readonly<Record<string, Attribute>>;

interface Asked {
  readonly request: { readonly instance: ClientRequest };
}
interface StudyAsked extends Asked {
  readonly studyInstanceUID: string;
}
interface SeriesAsked extends StudyAsked {
  readonly seriesInstanceUID: string;
}
interface InstanceAsked extends SeriesAsked {
  readonly sopInstanceUID: string;
}
type Query = Asked & { readonly queryParams?: Readonly<Record<string, string | number>> };

/** What of the library is used; the types that it brings say less than its code does. */
interface LibraryClient {
  storeInstances(what: Asked & { datasets: ArrayBuffer[]; studyInstanceUID?: string }): Promise<string>;
  searchForStudies(what: Query): Promise<Metadata[]>;
  searchForSeries(what: Query & { studyInstanceUID?: string }): Promise<Metadata[]>;
  searchForInstances(what: Query & { studyInstanceUID?: string }): Promise<Metadata[]>;
  retrieveStudyMetadata(what: StudyAsked): Promise<Metadata[]>;
  retrieveSeriesMetadata(what: SeriesAsked): Promise<Metadata[]>;
  retrieveInstanceMetadata(what: InstanceAsked): Promise<Metadata>;
  retrieveStudy(what: StudyAsked): Promise<ArrayBuffer[]>;
  retrieveSeries(what: SeriesAsked): Promise<ArrayBuffer[]>;
  retrieveInstance(what: InstanceAsked): Promise<ArrayBuffer>;
  retrieveInstanceFrames(what: InstanceAsked & { frameNumbers: readonly number[] }): Promise<ArrayBuffer[]>;
  retrieveBulkData(what: Asked & { BulkDataURI: string }): Promise<ArrayBuffer[]>;
}

const { api } = createRequire(import.meta.url)('dicomweb-client') as {
  api: { DICOMwebClient: new (options: object) => LibraryClient };
};

const FILES_AT_ONCE = 8;
/** One CT of 60 slices, a secondary capture, a report, a PDF, a measurement and a segmentation: six series. */
const files = demoFiles(1);
const images = files.filter(({ instance }) => instance.sopClassUID === SOPClassUID.CTImageStorage);
const studyInstanceUID = files[0]?.instance.studyInstanceUID ?? '';

const scope = new Scope();
let web: WebClient;
let client: LibraryClient;

function libraryClient(archive: TestArchive, token: string): LibraryClient {
  return new api.DICOMwebClient({
    url: `https://localhost:${archive.httpsPort}/dicom-web`,
    headers: { Authorization: `Bearer ${token}` },
    verbose: false,
  });
}

beforeAll(async () => {
  const archive = await TestArchive.create(scope);
  await archive.start();
  web = new WebClient(scope, archive);
  client = libraryClient(archive, await createToken(archive, 'store,find,get'));
});
afterAll(() => scope.close());

/** The library takes a browser's request unless it is given one; what it asks is its own either way. */
const asked = (): Asked => ({ request: { instance: new ClientRequest(web) } });

const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const hex = (bytes: ArrayBuffer | Uint8Array | undefined): string =>
  Buffer.from(new Uint8Array(bytes ?? new ArrayBuffer(0))).toString('base64');

/** The UIDs of the CT slice at this place, its file and its pixels. */
function slice(index: number) {
  const file = new Uint8Array(images[index]?.file ?? []);
  const { dataSet } = readPart10(file);
  const uids = {
    studyInstanceUID,
    seriesInstanceUID: dataSet.string(Tag.SeriesInstanceUID) ?? '',
    sopInstanceUID: dataSet.string(Tag.SOPInstanceUID) ?? '',
  };
  return { file, uids, pixels: dataSet.bytes(Tag.PixelData) };
}

const dataSetBytes = (file: ArrayBuffer | Uint8Array): string => {
  const { dataSet } = readPart10(new Uint8Array(file));
  return `${dataSet.string(Tag.SOPInstanceUID)} ${hex(dataSet.bytes(Tag.PixelData))}`;
};

describe('With the npm package dicomweb-client', () => {
  test('stores, with and without the study in the path', async () => {
    for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
      const datasets = files.slice(at, at + FILES_AT_ONCE).map(({ file }) => bufferOf(file));
      const study = at === 0 ? {} : { studyInstanceUID };
      const report = await client.storeInstances({ ...asked(), ...study, datasets });
      const { '00081199': stored, '00081198': failed } = JSON.parse(report) as Metadata;
      expect(stored?.Value).toHaveLength(datasets.length);
      expect(failed).toBeUndefined();
    }
  });

  test('searches on all levels; nothing found is an empty list', async () => {
    const [study, ...others] = await client.searchForStudies({
      ...asked(),
      queryParams: { PatientID: 'DEMO-0001', includefield: '00081030', limit: 10 },
    });
    expect(others).toEqual([]);
    expect(study?.['0020000D']?.Value).toEqual([studyInstanceUID]);
    expect(study?.['00201208']?.Value).toEqual([files.length]);
    const series = await client.searchForSeries({ ...asked(), studyInstanceUID });
    expect(series.map((each) => each['00080060']?.Value?.[0]).sort()).toEqual([
      'CT',
      'DOC',
      'OT',
      'SEG',
      'SR',
      'SR',
    ]);
    const instances = await client.searchForInstances({ ...asked(), studyInstanceUID });
    expect(instances).toHaveLength(files.length);
    expect(await client.searchForStudies({ ...asked(), queryParams: { PatientID: 'nobody' } })).toEqual([]);
  });

  test('retrieves metadata of a study, a series and an instance', async () => {
    const { uids } = slice(7);
    const study = await client.retrieveStudyMetadata({ ...asked(), studyInstanceUID });
    expect(study).toHaveLength(files.length);
    const series = await client.retrieveSeriesMetadata({ ...asked(), ...uids });
    expect(series).toHaveLength(images.length);
    const found = series.find((each) => each['00080018']?.Value?.[0] === uids.sopInstanceUID);
    // The library gives the list that has the one instance.
    const [instance] = [await client.retrieveInstanceMetadata({ ...asked(), ...uids })].flat();
    expect(instance).toEqual(found);
  });

  test('retrieves instances, series and studies as they were stored', async () => {
    const { uids, file } = slice(3);
    expect(dataSetBytes(await client.retrieveInstance({ ...asked(), ...uids }))).toBe(dataSetBytes(file));
    const series = await client.retrieveSeries({ ...asked(), ...uids });
    expect(new Set(series.map(dataSetBytes))).toEqual(new Set(images.map((each) => dataSetBytes(each.file))));
    const study = await client.retrieveStudy({ ...asked(), studyInstanceUID });
    expect(new Set(study.map(dataSetBytes))).toEqual(new Set(files.map((each) => dataSetBytes(each.file))));
  });

  test('retrieves frames and the values that metadata links to', async () => {
    const { uids, pixels } = slice(11);
    const frames = await client.retrieveInstanceFrames({ ...asked(), ...uids, frameNumbers: [1] });
    expect(frames.map(hex)).toEqual([hex(pixels)]);
    const [instance] = [await client.retrieveInstanceMetadata({ ...asked(), ...uids })].flat();
    const BulkDataURI = instance?.[PIXEL_DATA_KEY]?.BulkDataURI ?? '';
    const [value] = await client.retrieveBulkData({ ...asked(), BulkDataURI });
    expect(hex(value)).toBe(hex(pixels));
  });

  test('what there is not is refused with the status that says so', async () => {
    const { uids } = slice(0);
    const nowhere = client.retrieveInstance({ ...asked(), ...uids, sopInstanceUID: '2.25.1' });
    await expect(nowhere).rejects.toMatchObject({ status: 404 });
    const tooFar = client.retrieveInstanceFrames({ ...asked(), ...uids, frameNumbers: [2] });
    await expect(tooFar).rejects.toMatchObject({ status: 404 });
  });
});
