import { type DataSet, readPart10, SOPClassUID, Tag } from '@leadglass/dicom';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OHIF_VERSION, ohifMissingReason } from '../support/ohif.ts';
import { OhifPage } from '../support/ohif-page.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { partsOf } from '../support/web-client.ts';

const reason = missingTools('chromium', 'openssl') ?? ohifMissingReason;
/** All together take a minute where nothing else runs. */
const TIMEOUT_MS = 240_000;
/** Title of what the viewer makes of measurements (PS3.16 TID 1500). */
const IMAGING_MEASUREMENT_REPORT = '126000';
/** Evaluated by the browser: the bytes of the PDF that it shows. */
const SHOWN_PDF = `fetch(document.querySelector('object[type="application/pdf"]').data)
  .then((response) => response.arrayBuffer())
  .then((buffer) => [...new Uint8Array(buffer)])`;
/** From the right to the left of the head, somewhere. */
const DRAWN_LINE = { from: [700, 400], to: [900, 520] } as const;

const scope = new Scope();
let ohif: OhifPage;

beforeAll(async () => {
  if (reason === undefined) ohif = await OhifPage.start(scope);
}, TIMEOUT_MS);
afterAll(() => scope.close());

/** The demo's only instance of this class, as it was stored. */
function stored(sopClassUID: string): DataSet {
  const found = ohif.files.find(({ instance }) => instance.sopClassUID === sopClassUID);
  return readPart10(new Uint8Array(found?.file ?? [])).dataSet;
}

const codeOf = (item: DataSet, sequence: number): string | undefined =>
  item.items(sequence)[0]?.string(Tag.CodeValue);

/** All items of the content tree (PS3.3 C.17.3) with this value type, in reading order. */
function contentItems(root: DataSet, valueType: string): DataSet[] {
  return root
    .items(Tag.ContentSequence)
    .flatMap((item) => [
      ...(item.string(Tag.ValueType) === valueType ? [item] : []),
      ...contentItems(item, valueType),
    ]);
}

/** What a report says was measured. */
function lengthOf(report: DataSet): number {
  const value = contentItems(report, 'NUM')[0]?.items(Tag.MeasuredValueSequence)[0];
  return value?.number(Tag.NumericValue) ?? NaN;
}

/** Pixels of a segment in all frames (PS3.3 C.8.20.2: one bit each). */
function pixelsOf(segmentation: DataSet, segment: number): number {
  const pixels = segmentation.bytes(Tag.PixelData) ?? new Uint8Array();
  const frames = segmentation.items(Tag.PerFrameFunctionalGroupsSequence);
  const frameBytes = pixels.length / frames.length;
  let count = 0;
  for (const [index, frame] of frames.entries()) {
    const [identification] = frame.items(Tag.SegmentIdentificationSequence);
    if (identification?.number(Tag.ReferencedSegmentNumber) !== segment) continue;
    for (let byte of pixels.subarray(index * frameBytes, (index + 1) * frameBytes)) {
      for (; byte > 0; byte >>= 1) count += byte & 1;
    }
  }
  return count;
}

/** The one instance of the series with this description, through DICOMweb. */
async function retrieved(seriesDescription: string): Promise<DataSet> {
  const base = `/dicom-web/studies/${ohif.study}`;
  const query = new URLSearchParams({ SeriesDescription: seriesDescription });
  const found = (await ohif.web.json(`${base}/series?${query.toString()}`)) as {
    '0020000E': { Value: [string] };
    '00080060': { Value: [string] };
  }[];
  expect(found.map((series) => series['00080060'].Value)).toEqual([['SR']]);
  const answer = await ohif.web.ask(`${base}/series/${found[0]?.['0020000E'].Value[0] ?? ''}`);
  const [file, ...others] = partsOf(answer);
  expect(others).toEqual([]);
  return readPart10(new Uint8Array(file?.body ?? [])).dataSet;
}

const title = titleOf(`With stock OHIF ${OHIF_VERSION} in Chromium`, reason);

describe.skipIf(reason !== undefined)(title, { timeout: TIMEOUT_MS }, () => {
  afterEach(() => expect(ohif.errors.splice(0)).toEqual([]));

  test('lists studies', async () => {
    await ohif.showList();
    await ohif.shows(ohif.page.locator('body'), 'CT head without contrast');
  });

  test('opens a study, draws its images and scrolls', async () => {
    const first = await ohif.open();
    await ohif.scroll(20);
    const other = await ohif.drawn(({ greys }) => greys !== first.greys);
    // Nothing lies over the images: what is coloured later was put there.
    expect([other.red, other.yellow]).toEqual([0, 0]);
  });

  test('shows a report (Basic Text SR)', async () => {
    await ohif.showSeries('Report');
    const texts = contentItems(stored(SOPClassUID.BasicTextSRStorage), 'TEXT');
    expect(texts.length).toBeGreaterThan(0);
    for (const item of texts) await ohif.shows(ohif.viewport, item.string(Tag.TextValue) ?? '-');
  });

  test('shows a measurement of a report (Enhanced SR, TID 1500) on its image', async () => {
    await ohif.showSeries('Measurement');
    const report = stored(SOPClassUID.EnhancedSRStorage);
    await ohif.shows(ohif.viewport, `${lengthOf(report).toFixed(2)} mm`);
    const image = contentItems(report, 'IMAGE')[0]?.items(Tag.ReferencedSOPSequence)[0];
    const uid = image?.string(Tag.ReferencedSOPInstanceUID);
    const place = ohif.files.findIndex(({ instance }) => instance.sopInstanceUID === uid);
    await ohif.shows(ohif.viewport, `I:${place + 1} `);
    expect(await ohif.viewport.locator('svg line').count()).toBeGreaterThan(0);
  });

  test('shows a segmentation over the images it was made of, each pixel of it', async () => {
    await ohif.showSeries('Lesion');
    await ohif.clickButton('Yes');
    await ohif.drawn(({ yellow }) => yellow > 0);
    await ohif.click('panelSegmentation-btn');
    // Goes to the middle of the segment, and tells about it.
    await ohif.page.getByText('Haemorrhage', { exact: true }).click();
    await ohif.drawn(({ red, yellow }) => red > 0 && yellow > 0);
    const voxels = pixelsOf(stored(SOPClassUID.SegmentationStorage), 1);
    expect(voxels).toBeGreaterThan(0);
    await ohif.tells(ohif.page.getByText('Haemorrhage', { exact: true }).first(), String(voxels));
  });

  test('shows a PDF: the very bytes, fetched when it is opened', async () => {
    expect(ohif.asked.filter((url) => url.endsWith('/rendered'))).toEqual([]);
    const answered = ohif.answerTo('GET', '/rendered');
    await ohif.showSeries('Report as PDF');
    const answer = await answered;
    expect([answer.status(), answer.headers()['content-type']]).toEqual([200, 'application/pdf']);
    // The browser's own viewer is given this.
    await ohif.viewport.locator('object[type="application/pdf"]').waitFor();
    const document = stored(SOPClassUID.EncapsulatedPDFStorage);
    const length = document.number(Tag.EncapsulatedDocumentLength);
    const bytes = document.bytes(Tag.EncapsulatedDocument)?.subarray(0, length);
    expect(await ohif.page.evaluate<number[]>(SHOWN_PDF)).toEqual([...(bytes ?? [])]);
  });

  test('stores what was measured as a report, and shows it when the study is opened again', async () => {
    await ohif.open();
    await ohif.scroll(20);
    await ohif.click('Length-btn');
    await ohif.drag(DRAWN_LINE.from, DRAWN_LINE.to);
    await ohif.click('prompt-begin-tracking-yes-btn');
    await ohif.click('trackedMeasurements-btn');
    await ohif.clickButton('Create SR');
    const name = 'Measured in the viewer';
    await ohif.page.getByRole('dialog').locator('input').fill(name);
    const answered = ohif.answerTo('POST', '/studies');
    await ohif.clickButton('Save');
    expect((await answered).status()).toBe(200);

    const report = await retrieved(name);
    expect(codeOf(report, Tag.ConceptNameCodeSequence)).toBe(IMAGING_MEASUREMENT_REPORT);
    const [evidence] = report.items(Tag.CurrentRequestedProcedureEvidenceSequence);
    expect(evidence?.string(Tag.StudyInstanceUID)).toBe(ohif.study);
    const length = lengthOf(report);
    expect(length).toBeGreaterThan(10);

    await ohif.open();
    await ohif.showSeries(name);
    await ohif.clickButton('Yes');
    await ohif.click('trackedMeasurements-btn');
    await ohif.shows(ohif.page.locator('body'), 'Measurements (1)');
    await ohif.shows(ohif.page.locator('body'), `${length.toFixed(1)} mm`);
  });

  test('has no token in any address', () => {
    expect(ohif.asked.filter((url) => /token|lgt_/i.test(url))).toEqual([]);
  });
});
