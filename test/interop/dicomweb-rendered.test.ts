import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import {
  DataElement,
  DataSet,
  readPart10,
  Tag,
  transferSyntax,
  writeDataSet,
  writePart10Header,
} from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeFrames, ImagingPool } from '../../packages/server/src/imaging/index.ts';
import { corpusMissingReason, filePath } from '../corpus/corpus.ts';
import { TestArchive } from '../support/archive.ts';
import { EXPLICIT_LITTLE_ENDIAN } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { copyWithOwnUIDs, sortCorpus, type StorableFile } from '../support/storable.ts';
import { decodedFrames, TranscodedPixels } from '../support/transcoded.ts';
import { missingTools, runTool, titleOf } from '../support/tools.ts';
import { createToken, multipart, partsOf, type WebAnswer, WebClient } from '../support/web-client.ts';

const reason = missingTools('dcm2pnm', 'dcmj2pnm', 'dcml2pnm') ?? corpusMissingReason;
const HTJ2K_RPCL = '1.2.840.10008.1.2.4.202';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const RLE = '1.2.840.10008.1.2.5';

const scope = new Scope();
const pool = new ImagingPool();
let archive: TestArchive;
let client: WebClient;

beforeAll(async () => {
  archive = await TestArchive.create(scope, {});
  await archive.start();
  client = new WebClient(scope, archive, { token: await createToken(archive, 'store,find,get') });
});
afterAll(async () => {
  await pool.close();
  await scope.close();
});

const urlOf = (uids: {
  studyInstanceUID: string;
  seriesInstanceUID: string;
  sopInstanceUID: string;
}): string =>
  `/dicom-web/studies/${uids.studyInstanceUID}/series/${uids.seriesInstanceUID}/instances/${uids.sopInstanceUID}`;
const ask = (path: string, accept: string, headers: Record<string, string> = {}): Promise<WebAnswer> =>
  client.ask(path, { headers: { Accept: accept, ...headers } });

async function store(files: readonly Uint8Array[]): Promise<void> {
  const parts = files.map((body) => ({ type: 'application/dicom', body }));
  const answer = await client.ask('/dicom-web/studies', { method: 'POST', ...multipart(parts) });
  expect(answer.status).toBe(200);
}

/** DCMTK's renderer for a transfer syntax; it has none for JPEG 2000. */
function rendererFor(uid: string): string | undefined {
  const codec = uid.slice('1.2.840.10008.1.2'.length);
  if (['', '.1', '.1.99', '.2', '.5'].includes(codec)) return 'dcm2pnm';
  if (/^\.4\.(50|51|53|55|57|70)$/.test(codec)) return 'dcmj2pnm';
  return /^\.4\.8[01]$/.test(codec) ? 'dcml2pnm' : undefined;
}

interface Pixels {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** A PNG of 8 bits, grey or RGB, not interlaced. */
function readPng(bytes: Buffer): Pixels {
  const [columns, rows, type] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[25]];
  const channels = type === 0 ? 1 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts));
  const stride = columns * channels;
  const data = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const left = x >= channels ? (data[row * stride + x - channels] ?? 0) : 0;
      const up = row > 0 ? (data[(row - 1) * stride + x] ?? 0) : 0;
      const corner = x >= channels && row > 0 ? (data[(row - 1) * stride + x - channels] ?? 0) : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      data[row * stride + x] = (raw[row * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return { rows, columns, channels, data };
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function readPnm(bytes: Buffer): Pixels {
  const head = /^P([56])\s+(?:#[^\n]*\n)?(\d+)\s+(\d+)\s+(?:#[^\n]*\n)?255\s/.exec(
    bytes.toString('latin1', 0, 200),
  );
  if (!head) throw new Error('not a PNM of 8 bits');
  const data = new Uint8Array(bytes.subarray(head[0].length));
  return { columns: Number(head[2]), rows: Number(head[3]), channels: head[1] === '5' ? 1 : 3, data };
}

function greatestDifference(a: Pixels, b: Pixels): number {
  if (a.rows !== b.rows || a.columns !== b.columns) return 256;
  const of = ({ channels, data }: Pixels, pixel: number, channel: number): number =>
    data[channels === 1 ? pixel : pixel * 3 + channel] ?? 0;
  let greatest = 0;
  for (let pixel = 0; pixel < a.rows * a.columns; pixel++)
    for (let channel = 0; channel < 3; channel++)
      greatest = Math.max(greatest, Math.abs(of(a, pixel, channel) - of(b, pixel, channel)));
  return greatest;
}

/** What DCMTK is told, so that it shows what the data set says: its window, LUT, or everything. */
function windowArguments(path: string): string[] {
  const { dataSet } = readPart10(readFileSync(path));
  if ((dataSet.number(Tag.SamplesPerPixel) ?? 1) > 1) return [];
  if (dataSet.string(Tag.PhotometricInterpretation) === 'PALETTE COLOR') return [];
  if (dataSet.has(Tag.WindowCenter)) return ['+Wi', '1'];
  return dataSet.items(Tag.VOILUTSequence).length > 0 ? ['+Wl', '1'] : ['+Wm'];
}

/** JPEG of 12 bits that is not lossless has no decoder here: such images are served as they are stored. */
function isTwelveBit(path: string): boolean {
  const { header, dataSet } = readPart10(readFileSync(path));
  const isJpeg = /^1\.2\.840\.10008\.1\.2\.4\.5[0135]$/.test(header.transferSyntaxUID);
  return isJpeg && (dataSet.number(Tag.BitsStored) ?? 0) > 8;
}

describe.skipIf(reason !== undefined)(titleOf('images over HTTPS beside those of DCMTK', reason), () => {
  let files: StorableFile[] = [];

  test('are within one level, for every codec DCMTK has', async () => {
    const byCodec = new Map<string, number>();
    const wanted = sortCorpus().storable.filter(({ file }) => {
      // Nothing to differ about: no overlays, shutters, padding or functional groups.
      const { header, dataSet } = readPart10(readFileSync(filePath(file)));
      const isPlain =
        rendererFor(header.transferSyntaxUID) !== undefined &&
        dataSet.has(Tag.PixelData) &&
        (dataSet.number(Tag.NumberOfFrames) ?? 1) === 1 &&
        !dataSet.has(Tag.PixelPaddingValue) &&
        !dataSet.has(Tag.ShutterShape) &&
        !dataSet.has(0x60003000) &&
        !dataSet.has(Tag.PixelAspectRatio) &&
        [8, 16].includes(dataSet.number(Tag.BitsAllocated) ?? 0);
      const count = byCodec.get(header.transferSyntaxUID) ?? 0;
      if (!isPlain || count >= 5) return false;
      byCodec.set(header.transferSyntaxUID, count + 1);
      return true;
    });
    files = copyWithOwnUIDs(wanted, scope.folder('own'));
    await store(files.map(({ path }) => readFileSync(path)));
    const different: Record<string, string> = {};
    let same = 0;
    for (const file of files) {
      const tool = rendererFor(readPart10(readFileSync(file.path)).header.transferSyntaxUID) ?? '';
      const output = join(scope.folder('pnm'), 'image.pnm');
      const made = await runTool(tool, ['+op', '-O', ...windowArguments(file.path), file.path, output]);
      if (made.code !== 0) continue;
      const theirs = readPnm(readFileSync(output));
      const viewport = `viewport=${theirs.columns},${theirs.rows}`;
      const answer = await ask(`${urlOf(file)}/rendered?${viewport}`, 'image/png');
      const difference = answer.status === 200 ? greatestDifference(readPng(answer.body), theirs) : 999;
      if (isTwelveBit(file.path)) expect([file.file, answer.status]).toEqual([file.file, 406]);
      else if (difference <= 1) same++;
      else different[file.file] = `${answer.status} ${difference}`;
    }
    expect(different).toEqual({});
    expect(same).toBeGreaterThan(20);
  }, 300_000);

  test('compressed frames are given in Explicit VR Little Endian when nothing else is said', async () => {
    const found: string[] = [];
    const pixels = new TranscodedPixels(pool);
    for (const file of files) {
      const { header, dataSet } = readPart10(readFileSync(file.path));
      if (transferSyntax(header.transferSyntaxUID)?.encapsulated !== true || isTwelveBit(file.path)) continue;
      const frame = await ask(`${urlOf(file)}/frames/1`, 'application/octet-stream');
      const length =
        (dataSet.number(Tag.Rows) ?? 0) *
        (dataSet.number(Tag.Columns) ?? 0) *
        (dataSet.number(Tag.SamplesPerPixel) ?? 1) *
        ((dataSet.number(Tag.BitsAllocated) ?? 0) / 8);
      if (frame.status !== 200 || frame.body.length !== length) found.push(`${file.file} ${frame.status}`);
      const whole = await ask(urlOf(file), 'application/dicom');
      const isExplicit =
        whole.status === 200 && readPart10(whole.body).header.transferSyntaxUID === EXPLICIT_LITTLE_ENDIAN;
      const compared = isExplicit ? await pixels.compare(whole.body, file) : whole.status;
      if (compared !== 'pixels of another decoder' && compared !== 'our pixels')
        found.push(`${file.file} whole ${compared}`);
    }
    expect(found).toEqual([]);
  }, 300_000);
});

interface Made {
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

/** A file with what is put into it. */
function fileOf(uids: Made, sopClassUID: string, fill: (dataSet: DataSet) => void): Uint8Array {
  const syntax = transferSyntax(EXPLICIT_LITTLE_ENDIAN);
  if (!syntax) throw new Error('no such transfer syntax');
  const dataSet = new DataSet();
  dataSet.set(Tag.SOPClassUID, sopClassUID);
  dataSet.set(Tag.SOPInstanceUID, uids.sopInstanceUID);
  dataSet.set(Tag.StudyInstanceUID, uids.studyInstanceUID);
  dataSet.set(Tag.SeriesInstanceUID, uids.seriesInstanceUID);
  dataSet.set(Tag.PatientID, 'R-1');
  fill(dataSet);
  const about = {
    sopClassUID,
    sopInstanceUID: uids.sopInstanceUID,
    transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
  };
  return Buffer.concat([
    writePart10Header({ ...about, implementationClassUID: '2.25.9' }),
    writeDataSet(dataSet, syntax),
  ]);
}

const uids = (series: number, instance: number): Made => ({
  studyInstanceUID: '2.25.700',
  seriesInstanceUID: `2.25.70${series}`,
  sopInstanceUID: `2.25.70${series}.${instance}`,
});

/** Grey of 8 bits, shown as it is. */
function describeGrey(dataSet: DataSet, rows: number, columns: number): void {
  dataSet.set(Tag.SamplesPerPixel, 1);
  dataSet.set(Tag.PhotometricInterpretation, 'MONOCHROME2');
  dataSet.set(Tag.Rows, rows);
  dataSet.set(Tag.Columns, columns);
  dataSet.set(Tag.BitsAllocated, 8);
  dataSet.set(Tag.BitsStored, 8);
  dataSet.set(Tag.HighBit, 7);
  dataSet.set(Tag.PixelRepresentation, 0);
  dataSet.set(Tag.WindowCenter, '128');
  dataSet.set(Tag.WindowWidth, '256');
}

const FRAMES = 5;
const FRAME_BYTES = 128;
const CINE_PIXELS = Buffer.from(
  Array.from({ length: FRAMES * FRAME_BYTES }, (_, at) =>
    at % FRAME_BYTES < 8 ? (at % 8) * 30 : Math.floor(at / FRAME_BYTES),
  ),
);
/** Frame n of 16 rows and 8 columns is n everywhere, but for a ramp in its first row. */
function cine(made: Made): Uint8Array {
  return fileOf(made, '1.2.840.10008.5.1.4.1.1.3.1', (dataSet) => {
    describeGrey(dataSet, 16, 8);
    dataSet.set(Tag.NumberOfFrames, String(FRAMES));
    const pixels = new DataElement(Tag.PixelData, 'OB', 0, CINE_PIXELS.length, 12, false);
    pixels.source = { bytes: CINE_PIXELS, base: 0 };
    dataSet.put(pixels);
  });
}

const REPORT = uids(2, 1);
const PDF = uids(3, 1);
const CDA = uids(4, 1);
const LONG: Made = {
  studyInstanceUID: '2.25.800',
  seriesInstanceUID: '2.25.801',
  sopInstanceUID: '2.25.802',
};
/** Raw data with two long values, one of them in a sequence; and one that is short enough to stand in metadata. */
const LONG_FILE = fileOf(LONG, '1.2.840.10008.5.1.4.1.1.66', (dataSet) => {
  const item = new DataSet();
  item.set(Tag.EncapsulatedDocument, new Uint8Array(100_000).fill(7));
  dataSet.set(Tag.ContentSequence, [item]);
  dataSet.set(Tag.EncapsulatedDocument, new Uint8Array(2000).fill(8));
  dataSet.set(Tag.ICCProfile, new Uint8Array(10).fill(9));
});
const SCRIPT = '<script>alert(1)</script>';
const PDF_BYTES = Buffer.from('%PDF-1.4\n%%EOF\n', 'latin1');

function documentOf(made: Made, sopClassUID: string, bytes: Buffer): Uint8Array {
  return fileOf(made, sopClassUID, (dataSet) => {
    dataSet.set(
      Tag.EncapsulatedDocument,
      new Uint8Array(Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)])),
    );
    dataSet.set(Tag.EncapsulatedDocumentLength, bytes.length);
  });
}

function report(): Uint8Array {
  return fileOf(REPORT, '1.2.840.10008.5.1.4.1.1.88.11', (dataSet) => {
    dataSet.set(Tag.PatientName, SCRIPT);
    dataSet.set(Tag.ValueType, 'CONTAINER');
    const item = new DataSet();
    item.set(Tag.ValueType, 'TEXT');
    item.set(Tag.TextValue, `Finding ${SCRIPT} & "more"`);
    dataSet.set(Tag.ContentSequence, [item]);
  });
}

describe('rendered over HTTPS (PS3.18 10.4.1.1.3)', () => {
  const image = uids(1, 1);
  const url = urlOf(image);

  beforeAll(async () => {
    await store([
      cine(image),
      report(),
      documentOf(PDF, '1.2.840.10008.5.1.4.1.1.104.1', PDF_BYTES),
      documentOf(
        CDA,
        '1.2.840.10008.5.1.4.1.1.104.2',
        Buffer.from(`<ClinicalDocument>${SCRIPT}</ClinicalDocument>`),
      ),
    ]);
  });

  test('JPEG unless asked otherwise, PNG, or a GIF of all frames', async () => {
    for (const [accept, type] of [
      ['*/*', 'image/jpeg'],
      ['image/*', 'image/jpeg'],
      ['image/png', 'image/png'],
      ['image/gif', 'image/gif'],
    ] as const) {
      const answer = await ask(`${url}/rendered`, accept);
      expect([answer.status, answer.headers['content-type']]).toEqual([200, type]);
      expect(answer.headers['cache-control']).toContain('private');
    }
    const gif = (await ask(`${url}/rendered`, 'image/gif')).body.toString('latin1');
    expect(gif.split('\x21\xf9\x04').length - 1).toBe(FRAMES);
    expect((await ask(`${url}/rendered`, 'image/tiff')).status).toBe(406);
  });

  test('the frame that was asked for, as large as was asked, in the window that was asked', async () => {
    const { data, rows, columns } = readPng((await ask(`${url}/frames/3/rendered`, 'image/png')).body);
    expect([rows, columns, data[100]]).toEqual([16, 8, 2]);
    const large = readPng((await ask(`${url}/frames/1/rendered?viewport=64,64`, 'image/png')).body);
    expect([large.rows, large.columns]).toEqual([64, 32]);
    const bright = await ask(`${url}/frames/5/rendered?window=2,4,linear`, 'image/png');
    expect(readPng(bright.body).data[100]).toBe(255);
    expect((await ask(`${url}/frames/6/rendered`, 'image/png')).status).toBe(404);
    expect((await ask(`${url}/frames/1,2/rendered`, 'image/png')).status).toBe(406);
    const several = await ask(`${url}/frames/2,4/rendered`, 'multipart/related; type="image/png"');
    expect(partsOf(several).map(({ body }) => readPng(body).data[100])).toEqual([1, 3]);
  });

  test.each([
    'viewport=0,5',
    'viewport=99999,99999',
    'viewport=8,8,1',
    'viewport=a,b',
    'window=1',
    'window=1,0,linear',
    'window=1,2,cubic',
    'quality=0',
    'quality=101',
    'annotation=patient',
    'iccprofile=yes',
  ])('%s is refused politely', async (query) => {
    const answer = await ask(`${url}/rendered?${query}`, 'image/jpeg');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString('utf8'))).toHaveProperty('error');
  });

  test('an entity tag, 304 for who has it, and HEAD', async () => {
    const first = await ask(`${url}/rendered`, 'image/jpeg');
    const tag = first.headers.etag ?? '';
    expect((await ask(`${url}/rendered`, 'image/jpeg', { 'If-None-Match': tag })).status).toBe(304);
    expect((await ask(`${url}/rendered?quality=10`, 'image/jpeg')).headers.etag).not.toBe(tag);
    const head = await client.ask(`${url}/rendered`, { method: 'HEAD', headers: { Accept: 'image/jpeg' } });
    expect([head.status, head.body.length, head.headers.etag]).toEqual([200, 0, tag]);
  });

  test('thumbnails of study, series, instance and frame are small images', async () => {
    const [study, series] = [url.replace(/\/series.*/, ''), url.replace(/\/instances.*/, '')];
    for (const path of [study, series, url, `${url}/frames/2`]) {
      const answer = await ask(`${path}/thumbnail`, 'image/png');
      expect([path, answer.status]).toEqual([path, 200]);
      expect(readPng(answer.body)).toMatchObject({ rows: 128, columns: 64 });
    }
    expect((await ask(`${url}/thumbnail?viewport=5000,5000`, 'image/png')).status).toBe(400);
    const none = urlOf(PDF).replace(/\/instances.*/, '');
    expect((await ask(`${none}/thumbnail`, 'image/png')).status).toBe(406);
    expect((await ask(`${series}/rendered`, 'image/png')).status).toBe(200);
    const all = await ask(`${study}/rendered`, 'multipart/related; type="image/jpeg"');
    expect(partsOf(all)).toHaveLength(1);
  });

  test('a PDF as it is, a CDA to be saved, a report without markup of its own: all locked down', async () => {
    const pdf = await ask(`${urlOf(PDF)}/rendered`, 'application/pdf');
    expect([pdf.status, pdf.headers['content-type']]).toEqual([200, 'application/pdf']);
    expect(pdf.body.equals(PDF_BYTES)).toBe(true);
    const cda = await ask(`${urlOf(CDA)}/rendered`, '*/*');
    expect(cda.headers['content-disposition']).toMatch(/^attachment/);
    const page = await ask(`${urlOf(REPORT)}/rendered`, 'text/html');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const text = page.body.toString('utf8');
    expect(text).not.toContain('<script');
    expect(text).toContain('Finding &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
    for (const { headers } of [pdf, cda, page]) {
      expect(headers['content-security-policy']).toContain('sandbox');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    expect((await ask(`${urlOf(PDF)}/rendered`, 'image/jpeg')).status).toBe(406);
    expect((await ask(`${urlOf(REPORT)}/rendered`, 'text/plain')).body.toString('utf8')).toContain(
      'Finding <script>',
    );
  });

  test('frames and instances in RLE, JPEG-LS and HTJ2K, and what comes back is the same', async () => {
    for (const uid of [RLE, JPEG_LS, HTJ2K_RPCL]) {
      const frames = await ask(
        `${url}/frames/1,3,5`,
        `multipart/related; type="*/*"; transfer-syntax=${uid}`,
      );
      expect([uid, frames.status, partsOf(frames).length]).toEqual([uid, 200, 3]);
      const whole = await ask(url, `application/dicom; transfer-syntax=${uid}`);
      expect([uid, whole.status]).toEqual([uid, 200]);
      const { header, dataSet } = readPart10(whole.body);
      expect(header.transferSyntaxUID).toBe(uid);
      expect(Buffer.concat((await decodedFrames(pool, whole.body)) ?? []).equals(CINE_PIXELS)).toBe(true);
      // Frames have no header: what the instance says of itself in this syntax describes them.
      const description = describeFrames(dataSet, uid);
      for (const [order, { body }] of partsOf(frames).entries()) {
        const { samples } = await pool.decodeFrame(description, body);
        const from = order * 2 * FRAME_BYTES;
        expect(CINE_PIXELS.subarray(from, from + FRAME_BYTES).equals(samples)).toBe(true);
      }
      const study = url.replace(/\/series.*/, '');
      const all = await ask(study, `multipart/related; type="application/dicom"; transfer-syntax=${uid}`);
      expect([uid, all.status]).toEqual([uid, 200]);
      const given = partsOf(all).map(({ body }) => readPart10(body));
      expect(given).toHaveLength(4);
      const back = given.find(({ dataSet }) => dataSet.string(Tag.SOPInstanceUID) === image.sopInstanceUID);
      expect(back?.header.transferSyntaxUID).toBe(uid);
      expect(back?.encoded.length).toBe(readPart10(whole.body).encoded.length);
    }
    expect((await ask(url, 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90')).status).toBe(406);
  });

  test('pixeldata of a study and a series: all frames, each with its place (PS3.18 10.4.1.1.6)', async () => {
    const series = url.replace(/\/instances.*/, '');
    for (const above of [series, series.replace(/\/series.*/, '')]) {
      const all = await ask(`${above}/pixeldata`, 'multipart/related; type="application/octet-stream"');
      expect(all.status).toBe(200);
      const parts = partsOf(all);
      expect(Buffer.concat(parts.map(({ body }) => body)).equals(CINE_PIXELS)).toBe(true);
      expect(parts.map(({ headers }) => headers.get('content-location'))).toEqual(
        Array.from({ length: FRAMES }, (_, index) => expect.stringMatching(`${url}/frames/${index + 1}$`)),
      );
      const rle = await ask(`${above}/pixeldata`, `multipart/related; type="image/dicom-rle"`);
      expect(rle.status).toBe(200);
      expect(partsOf(rle)).toHaveLength(FRAMES);
      expect(rle.headers['content-type']).toContain('type="image/dicom-rle"');
      expect((await ask(`${above}/pixeldata`, 'application/octet-stream')).status).toBe(406);
      expect((await ask(`${above}/pixeldata`, 'multipart/related; type="image/jp2"')).status).toBe(406);
    }
    const documents = urlOf(PDF).replace(/\/instances.*/, '');
    expect((await ask(`${documents}/pixeldata`, '*/*')).status).toBe(404);
    expect((await ask('/dicom-web/studies/2.25.9999/pixeldata', '*/*')).status).toBe(404);
  });

  test('bulkdata of a study, a series and an instance: what metadata links to, by that link (PS3.18 10.4.1.1.5)', async () => {
    await store([LONG_FILE]);
    const series = urlOf(LONG).replace(/\/instances.*/, '');
    for (const path of [urlOf(LONG), series, series.replace(/\/series.*/, '')]) {
      const metadata = JSON.parse(
        (await ask(`${path}/metadata`, 'application/dicom+json')).body.toString('utf8'),
      ) as object;
      const links = [...JSON.stringify(metadata).matchAll(/"BulkDataURI":"([^"]+)"/g)].map(
        ([, link]) => link,
      );
      expect(links).toHaveLength(2);
      const all = await ask(`${path}/bulkdata`, 'multipart/related; type="application/octet-stream"');
      expect(all.status).toBe(200);
      const parts = partsOf(all);
      expect(parts.map(({ headers }) => headers.get('content-location'))).toEqual(links);
      for (const { headers, body } of parts) {
        const alone = await ask(headers.get('content-location') ?? '', 'application/octet-stream');
        expect(alone.body.equals(body)).toBe(true);
      }
    }
    // Octets are all that such values can be.
    expect((await ask(`${series}/bulkdata`, 'multipart/related; type="image/jls"')).status).toBe(404);
    const trail = (await archive.trail()).filter(({ detail }) => detail?.['what'] === 'bulkdata');
    expect(trail.some(({ verb, outcome }) => verb === 'get' && outcome === 'success')).toBe(true);
  });

  test('a copy that took the place of a damaged one is rendered anew, under another entity tag', async () => {
    const made: Made = {
      studyInstanceUID: '2.25.900',
      seriesInstanceUID: '2.25.901',
      sopInstanceUID: '2.25.902',
    };
    const [rows, columns] = [600, 1000];
    // Three chunks of a pack. The damage is in the second; what differs lies behind it.
    const image = (lower: number): Uint8Array =>
      fileOf(made, '1.2.840.10008.5.1.4.1.1.7', (dataSet) => {
        describeGrey(dataSet, rows, columns);
        dataSet.set(Tag.PixelData, new Uint8Array(rows * columns).fill(50).fill(lower, 500 * columns), 'OB');
      });
    const lowest = async (): Promise<[number | undefined, string | undefined]> => {
      const answer = await ask(`${urlOf(made)}/rendered`, 'image/png');
      return [readPng(answer.body).data.at(-1), answer.headers.etag];
    };
    const packs = join(archive.dataFolder, 'packs');
    const readPacks = (): Map<string, Buffer> =>
      new Map(readdirSync(packs).map((name) => [name, readFileSync(join(packs, name))]));
    const before = readPacks();
    await store([image(100)]);
    const [value, tag] = await lowest();
    expect(value).toBe(100);
    for (const [name, bytes] of readPacks()) {
      const first = bytes.findIndex((byte, at) => byte !== (before.get(name)?.[at] ?? 0));
      if (first < 0) continue;
      const place = first + Math.floor((rows * columns) / 2);
      const file = openSync(join(packs, name), 'r+');
      writeSync(file, Buffer.from([(bytes[place] ?? 0) ^ 1]), 0, 1, place);
      closeSync(file);
    }
    await store([image(200)]);
    const [replaced, otherTag] = await lowest();
    expect(replaced).toBe(200);
    expect(otherTag).not.toBe(tag);
  });

  test('WADO-URI gives images and files too (PS3.18 9)', async () => {
    const named = `studyUID=${image.studyInstanceUID}&seriesUID=${image.seriesInstanceUID}&objectUID=${image.sopInstanceUID}`;
    const wado = (more: string): Promise<WebAnswer> =>
      client.ask(`/dicom-web/wado?requestType=WADO&${named}${more}`);
    expect((await wado('&contentType=image/jpeg')).headers['content-type']).toBe('image/jpeg');
    const png = await wado('&contentType=image/png&frameNumber=4&rows=32&region=0,0.5,1,1');
    expect(readPng(png.body)).toMatchObject({ rows: 32, columns: 32 });
    expect((await wado('&contentType=image/png&windowCenter=5')).status).toBe(400);
    expect((await wado(`&transferSyntax=${RLE}`)).status).toBe(200);
    expect((await wado('&contentType=application/dicom')).headers['content-type']).toBe('application/dicom');
  });
});
