import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { constants, deflateRawSync } from 'node:zlib';
import { writePart10Header } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationFolders } from '../../packages/server/src/config/installation.ts';
import { TestArchive } from '../support/archive.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { createToken, multipart, WebClient, type WebAsk } from '../support/web-client.ts';

/** What the server may hold more after all of it than before: caches that fill, not a leak. */
const GROWTH_MAX_BYTES = 160 * 1024 * 1024;
/** Of one answer, and how many are asked for: far more than the system keeps for a connection. */
const UNREAD_BYTES = 600_000;
const UNREAD_ANSWERS = 40;
/** Longer than a connection may idle here. */
const UNREAD_MS = 6_000;
const DEFLATED = '1.2.840.10008.1.2.1.99';
const UIDS = { sopInstanceUID: '2.25.1', studyInstanceUID: '2.25.2', seriesInstanceUID: '2.25.3' };
const STUDY = '/dicom-web/studies/2.25.2';
const INSTANCE = `${STUDY}/series/2.25.3/instances/2.25.1`;
const NAME = 'Hidden^Patient';

const scope = new Scope();
let archive: TestArchive;
let client: WebClient;
let stranger: WebClient;
let token: string;
let bombFile: Buffer;

beforeAll(async () => {
  // Made before anybody connects: meanwhile this thread does nothing else, and the server ends connections that idle.
  bombFile = bomb();
  archive = await TestArchive.create(scope, {
    config: '[https]\nidleTimeoutSeconds = 2\n[dicomweb]\nrequestMaxBytes = 4000000\n',
  });
  await archive.start();
  token = await createToken(archive, 'store,find,get');
  client = new WebClient(scope, archive, { token });
  stranger = new WebClient(scope, archive);
  const stored = await client.ask('/dicom-web/studies', { method: 'POST', ...multipart([part(goodFile())]) });
  expect(stored.status).toBe(200);
});
afterAll(() => scope.close());

function file(dataSet: Uint8Array, transferSyntaxUID: string = EXPLICIT_LITTLE_ENDIAN): Buffer {
  const about = { sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID: '2.25.1', implementationClassUID: '2.25.9' };
  return Buffer.concat([writePart10Header({ ...about, transferSyntaxUID }), dataSet]);
}
const goodFile = (): Buffer =>
  file(makeInstance({ ...UIDS, patientName: NAME, pixels: new Uint8Array(512) }));
const part = (body: Uint8Array, type = 'application/dicom') => ({ type, body });
const post = (body: Uint8Array | string, type: string): WebAsk => ({
  method: 'POST',
  headers: { 'Content-Type': type },
  body,
});
const related = (text: string, boundary = 'B'): WebAsk =>
  post(text, `multipart/related; type="application/dicom"; boundary=${boundary}`);
const accept = (text: string): WebAsk => ({ headers: { Accept: text } });
const range = (text: string): WebAsk => ({
  headers: { Accept: 'application/dicom; transfer-syntax=*', Range: text },
});
const jsonForm = (metadata: string): WebAsk => ({
  method: 'POST',
  ...multipart([part(Buffer.from(metadata), 'application/dicom+json')], 'application/dicom+json'),
});
const xmlForm = (metadata: string): WebAsk => ({
  method: 'POST',
  ...multipart([part(Buffer.from(metadata), 'application/dicom+xml')], 'application/dicom+xml'),
});
const deep = (levels: number): string =>
  '{"00400275":{"vr":"SQ","Value":['.repeat(levels) + '{}' + ']}}'.repeat(levels);
/** 700 MB of zeros behind a good header, in some hundred kilobytes: pieces that end at a byte make one stream. */
function bomb(): Buffer {
  const pieces = 70;
  const zeros = Buffer.alloc(10 * 1024 * 1024);
  const pixelData = Buffer.from('e07f10004f570000', 'hex');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(pieces * zeros.length);
  const head = Buffer.concat([makeInstance({ ...UIDS, sopInstanceUID: '2.25.1' }), pixelData, length]);
  const goesOn = { level: 9, finishFlush: constants.Z_FULL_FLUSH };
  const piece = deflateRawSync(zeros, goesOn);
  const last = deflateRawSync(Buffer.alloc(0));
  const stream = [deflateRawSync(head, goesOn), ...Array.from({ length: pieces }, () => piece), last];
  return file(Buffer.concat(stream), DEFLATED);
}

/** What is asked, and the statuses that are clear answers to it. */
const table: readonly (readonly [string, string, () => WebAsk, readonly number[]])[] = [
  // Paths
  ['a path that is none', '/dicom-web/nothing', () => ({}), [404]],
  ['a path outside', '/admin', () => ({}), [404]],
  ['a path of dots', '/dicom-web/../../../../etc/passwd', () => ({}), [404]],
  ['an encoded path of dots', '/dicom-web/%2e%2e%2f%2e%2e%2fetc%2fpasswd', () => ({}), [400, 404]],
  ['a broken percent sign', '/dicom-web/studies/%zz', () => ({}), [400, 404]],
  ['a NUL in a path', '/dicom-web/studies/1.2%003', () => ({}), [400]],
  ['a UID of letters', '/dicom-web/studies/abc', () => ({}), [400]],
  ['a UID of 65 digits', `/dicom-web/studies/${'1'.repeat(65)}`, () => ({}), [400]],
  ['a UID with two dots', '/dicom-web/studies/1..2', () => ({}), [400]],
  ['a UID that is a wildcard', '/dicom-web/studies/*', () => ({}), [400]],
  ['a UID of SQL', "/dicom-web/studies/1'%20OR%20'1'='1", () => ({}), [400]],
  ['a list of UIDs in a path', '/dicom-web/studies/1.2%5C1.3', () => ({}), [400]],
  ['a study that is not held', '/dicom-web/studies/1.2.3', () => ({}), [404]],
  ['a series of another study', '/dicom-web/studies/1.2.3/series/2.25.3/metadata', () => ({}), [404]],
  [
    'a path of 60,000 characters',
    `/dicom-web/studies/${'1'.repeat(10_000)}`,
    () => ({}),
    [400, 404, 414, 431],
  ],
  // Methods
  ['DELETE of a study', STUDY, () => ({ method: 'DELETE' }), [405]],
  ['PUT of a study', STUDY, () => ({ method: 'PUT', body: 'x' }), [405]],
  ['PATCH', STUDY, () => ({ method: 'PATCH' }), [405]],
  ['POST to metadata', `${STUDY}/metadata`, () => post('x', 'text/plain'), [405]],
  // Frames
  ['frame 0', `${INSTANCE}/frames/0`, () => ({}), [400]],
  ['a negative frame', `${INSTANCE}/frames/-1`, () => ({}), [400]],
  ['a frame of letters', `${INSTANCE}/frames/one`, () => ({}), [400]],
  ['a frame beyond the last', `${INSTANCE}/frames/2`, () => ({}), [404]],
  ['a frame of 2^53', `${INSTANCE}/frames/9007199254740993`, () => ({}), [400]],
  ['an empty list of frames', `${INSTANCE}/frames/,`, () => ({}), [400]],
  ['a frame in exponents', `${INSTANCE}/frames/1e0`, () => ({}), [400]],
  ['11,000 frames', `${INSTANCE}/frames/${'1,'.repeat(5000)}1`, () => ({}), [200, 400, 404, 406, 431]],
  // Bulk data
  ['bulk data of no tag', `${INSTANCE}/bulkdata/x`, () => ({}), [404]],
  ['bulk data of a tag that is not there', `${INSTANCE}/bulkdata/00091001`, () => ({}), [404]],
  ['bulk data outside', `${INSTANCE}/bulkdata/..%2f..%2fetc`, () => ({}), [400, 404]],
  ['bulk data of item a million', `${INSTANCE}/bulkdata/00081140/9999999/00081155`, () => ({}), [404]],
  ['bulk data very deep', `${INSTANCE}/bulkdata/00081140${'/0/00081140'.repeat(100)}`, () => ({}), [404]],
  // Accept
  ['an Accept of nothing that exists', INSTANCE, () => accept('image/tiff'), [406]],
  ['an Accept that cannot be read', INSTANCE, () => accept(';;;'), [400]],
  [
    'an Accept with an open quotation',
    INSTANCE,
    () => accept('multipart/related; type="application/dicom'),
    [400],
  ],
  ['an Accept with a weight of 7', INSTANCE, () => accept('*/*;q=7'), [400]],
  ['an Accept of 10,000 characters', INSTANCE, () => accept('a/b,'.repeat(2500)), [400]],
  ['an Accept of 100 types', INSTANCE, () => accept(Array(100).fill('*/*').join()), [400]],
  ['a transfer syntax of nobody', INSTANCE, () => accept('application/dicom; transfer-syntax=9.9.9'), [406]],
  ['Big Endian', INSTANCE, () => accept('application/dicom; transfer-syntax=1.2.840.10008.1.2.2'), [406]],
  [
    'two transfer syntaxes',
    INSTANCE,
    () => accept('application/dicom; transfer-syntax=*; transfer-syntax=*'),
    [400],
  ],
  ['a study in a single part', STUDY, () => accept('application/dicom'), [406]],
  ['JPEG of native pixels', `${INSTANCE}/frames/1`, () => accept('image/jpeg'), [406]],
  ['accept twice in the query', `${INSTANCE}?accept=a/b&accept=c/d`, () => ({}), [400]],
  // Range
  ['a Range behind the end', INSTANCE, () => range('bytes=99999999-'), [416]],
  ['a Range of no bytes at the end', INSTANCE, () => range('bytes=-0'), [416]],
  ['a Range backwards', INSTANCE, () => range('bytes=9-1'), [200]],
  ['a Range in other units', INSTANCE, () => range('lines=1-2'), [200]],
  ['a thousand Ranges', INSTANCE, () => range(`bytes=${'0-1,'.repeat(1000)}0-1`), [200]],
  ['a Range of 2^60', INSTANCE, () => range('bytes=0-1152921504606846976'), [200, 206]],
  ['a Range of letters', INSTANCE, () => range('bytes=a-b'), [200]],
  // Searches
  ['an attribute nobody knows', '/dicom-web/studies?NoSuchThing=1', () => ({}), [400]],
  ['an attribute of __proto__', '/dicom-web/studies?__proto__=1', () => ({}), [400]],
  ['an attribute of constructor', '/dicom-web/studies?constructor=1', () => ({}), [400]],
  ['a limit of letters', '/dicom-web/studies?limit=all', () => ({}), [400]],
  ['a negative limit', '/dicom-web/studies?limit=-1', () => ({}), [400]],
  ['a limit of 10^15', '/dicom-web/studies?limit=999999999999999', () => ({}), [200]],
  ['a limit of 10^300', `/dicom-web/studies?limit=1${'0'.repeat(300)}`, () => ({}), [400]],
  ['a limit of nothing', '/dicom-web/studies?limit=', () => ({}), [400]],
  ['two limits', '/dicom-web/studies?limit=1&limit=2', () => ({}), [400]],
  ['an offset of 10^15', '/dicom-web/studies?offset=999999999999999', () => ({}), [204]],
  ['an offset with a sign', '/dicom-web/studies?offset=%2B1', () => ({}), [400]],
  ['fuzzymatching=maybe', '/dicom-web/studies?fuzzymatching=maybe', () => ({}), [400]],
  ['a wildcard in a UID', '/dicom-web/studies?StudyInstanceUID=1.2.*', () => ({}), [400]],
  ['a wildcard in a date', '/dicom-web/studies?StudyDate=2024*', () => ({}), [400]],
  ['a date of letters', '/dicom-web/studies?StudyDate=yesterday', () => ({}), [400]],
  ['a thousand wildcards', `/dicom-web/studies?PatientName=${'*a'.repeat(1000)}`, () => ({}), [400]],
  ['a name of 9,000 characters', `/dicom-web/studies?PatientName=${'a'.repeat(9000)}`, () => ({}), [400]],
  ['3,000 parameters', `/dicom-web/studies?${'limit=1&'.repeat(1800)}`, () => ({}), [400]],
  ['a NUL in a value', '/dicom-web/studies?PatientID=a%00b', () => ({}), [400]],
  ['a broken UTF-8 value', '/dicom-web/studies?PatientID=%ff%fe', () => ({}), [400]],
  ['a value of a sequence', '/dicom-web/studies?RequestAttributesSequence=1', () => ({}), [400]],
  ['a path of four attributes', '/dicom-web/studies?a.b.c.d=1', () => ({}), [400]],
  ['an includefield nobody knows', '/dicom-web/studies?includefield=NoSuchThing', () => ({}), [400]],
  ['2,000 includefields', `/dicom-web/studies?includefield=${'all,'.repeat(2000)}`, () => ({}), [400]],
  ['another study than the path', `${STUDY}/series?StudyInstanceUID=1.2.3`, () => ({}), [400]],
  ['a search in JSON', '/dicom-web/studies/search', () => post('{}', 'application/json'), [415]],
  [
    'a form of 2 MB',
    '/dicom-web/studies/search',
    () => post('a'.repeat(2e6), 'application/x-www-form-urlencoded'),
    [413],
  ],
  [
    'a form with a broken percent sign',
    '/dicom-web/studies/search',
    () => post('%', 'application/x-www-form-urlencoded'),
    [400],
  ],
  // Stores
  ['a store of text', '/dicom-web/studies', () => post('hello', 'text/plain'), [415]],
  ['a store of nothing', '/dicom-web/studies', () => ({ method: 'POST' }), [415]],
  ['a store of form data', '/dicom-web/studies', () => post('x', 'multipart/form-data; boundary=B'), [415]],
  [
    'a store of pictures',
    '/dicom-web/studies',
    () => post('x', 'multipart/related; type="image/png"; boundary=B'),
    [415],
  ],
  [
    'no boundary',
    '/dicom-web/studies',
    () => post('x', 'multipart/related; type="application/dicom"'),
    [400],
  ],
  ['an empty boundary', '/dicom-web/studies', () => post('x', 'multipart/related; boundary=""'), [400]],
  ['a boundary of 201 characters', '/dicom-web/studies', () => related('x', 'b'.repeat(201)), [400]],
  ['a boundary with a line break', '/dicom-web/studies', () => related('x', '"a\\\\nb"'), [400]],
  ['a body without its boundary', '/dicom-web/studies', () => related('nothing here'), [400]],
  ['another boundary than announced', '/dicom-web/studies', () => related('--C\r\n\r\nx\r\n--C--'), [400]],
  ['a body of one boundary', '/dicom-web/studies', () => related('--B'), [400]],
  ['a body of no parts', '/dicom-web/studies', () => related('--B--\r\n'), [400]],
  [
    'a part that does not end',
    '/dicom-web/studies',
    () => related('--B\r\nContent-Type: application/dicom\r\n\r\nabc'),
    [400],
  ],
  [
    'headers that do not end',
    '/dicom-web/studies',
    () => related(`--B\r\n${'X: y\r\n'.repeat(5000)}`),
    [400],
  ],
  [
    'a header of 100 KB',
    '/dicom-web/studies',
    () => related(`--B\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`),
    [400],
  ],
  [
    '100 headers',
    '/dicom-web/studies',
    () =>
      related(`--B\r\n${Array.from({ length: 100 }, (_, n) => `X${n}: y`).join('\r\n')}\r\n\r\nx\r\n--B--`),
    [400],
  ],
  ['a header without a colon', '/dicom-web/studies', () => related('--B\r\nhello\r\n\r\nx\r\n--B--'), [400]],
  ['a header twice', '/dicom-web/studies', () => related('--B\r\nA: b\r\nA: b\r\n\r\nx\r\n--B--'), [400]],
  ['a boundary line with words', '/dicom-web/studies', () => related('--B hello\r\n\r\nx\r\n--B--'), [400]],
  [
    '64 KB before the first boundary',
    '/dicom-web/studies',
    () => related(`${'x'.repeat(70_000)}\r\n--B--`),
    [400],
  ],
  [
    'a part of text',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(Buffer.from('x'), 'text/plain')]) }),
    [415],
  ],
  [
    'an empty part',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(Buffer.alloc(0))]) }),
    [409],
  ],
  [
    'a part of noise',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(Buffer.alloc(5000, 0x5a))]) }),
    [409],
  ],
  [
    'a file cut short',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(goodFile().subarray(0, 700))]) }),
    [409],
  ],
  [
    'a file of a header alone',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(file(Buffer.alloc(0)))]) }),
    [409],
  ],
  [
    'a transfer syntax nobody knows',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(file(makeInstance(UIDS), '1.2.3'))]) }),
    [409],
  ],
  [
    'another instance under a UID that is taken',
    '/dicom-web/studies',
    () => ({ method: 'POST', ...multipart([part(file(makeInstance(UIDS)))]) }),
    [409],
  ],
  [
    'a study that is not the path',
    '/dicom-web/studies/1.2.3',
    () => ({ method: 'POST', ...multipart([part(goodFile())]) }),
    [409],
  ],
  [
    'a body beyond the limit',
    '/dicom-web/studies',
    () => related(`--B\r\n\r\n${'x'.repeat(4_500_000)}`),
    [413],
  ],
  [
    'a gzipped body',
    '/dicom-web/studies',
    () => ({
      ...related('x'),
      headers: { 'Content-Type': 'multipart/related; boundary=B', 'Content-Encoding': 'gzip' },
    }),
    [415],
  ],
  ['a deflate bomb', '/dicom-web/studies', () => ({ method: 'POST', ...multipart([part(bombFile)]) }), [409]],
  ['metadata that is no JSON', '/dicom-web/studies', () => jsonForm('{'), [400]],
  ['metadata of a number', '/dicom-web/studies', () => jsonForm('7'), [409]],
  ['metadata of an empty list', '/dicom-web/studies', () => jsonForm('[]'), [400]],
  ['metadata 5,000 sequences deep', '/dicom-web/studies', () => jsonForm(deep(5000)), [400, 409]],
  ['metadata with __proto__', '/dicom-web/studies', () => jsonForm('{"__proto__":{"vr":"LO"}}'), [409]],
  [
    'metadata with a link to a file',
    '/dicom-web/studies',
    () => jsonForm('{"7FE00010":{"vr":"OW","BulkDataURI":"file:///etc/passwd"}}'),
    [409],
  ],
  [
    'metadata with a link to a host',
    '/dicom-web/studies',
    () => jsonForm('{"7FE00010":{"vr":"OW","BulkDataURI":"http://127.0.0.1:1/"}}'),
    [409],
  ],
  ['XML that is none', '/dicom-web/studies', () => xmlForm('<a><b></a>'), [400]],
  ['XML of another model', '/dicom-web/studies', () => xmlForm('<a/>'), [400]],
  [
    'XML with entities',
    '/dicom-web/studies',
    () => xmlForm('<!DOCTYPE a [<!ENTITY b "c">]><NativeDicomModel>&b;</NativeDicomModel>'),
    [400],
  ],
  // WADO-URI
  ['WADO-URI without anything', '/dicom-web/wado', () => ({}), [400]],
  [
    'WADO-URI without an object',
    '/dicom-web/wado?requestType=WADO&studyUID=2.25.2&seriesUID=2.25.3',
    () => ({}),
    [400],
  ],
  ['WADO-URI of another type', '/dicom-web/wado?requestType=GET', () => ({}), [400]],
];

describe('Hostile requests have clear answers', () => {
  test.each(table)('%s', async (_name, path, ask, statuses) => {
    const answer = await client.ask(path, ask());
    expect(statuses).toContain(answer.status);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    if (answer.status >= 400) expect(answer.body.toString('latin1')).not.toContain(NAME);
  });

  test('none of them without a token is answered with anything but 401', async () => {
    for (const [, path, ask] of table.slice(0, 80)) {
      const { status, headers, body } = await stranger.ask(path, ask());
      // What the parser of HTTP itself cannot read comes no further than that.
      if (status === 400 || status === 431 || status === 414) continue;
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toContain('Bearer');
      expect(body.toString('utf8')).toBe('{"error":"NOT_SIGNED_IN"}');
    }
  });

  test.each([
    ['no HTTP at all', '\x00\x01\x02\x03\r\n\r\n'],
    ['a DICOM association', '\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00LEADGLASS       ECHOSCU         '],
    ['headers of 100 KB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`],
    [
      'two lengths',
      'POST /dicom-web/studies HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
    ],
    [
      'a length and chunks',
      'POST /dicom-web/studies HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['HTTP/9', 'GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['a line feed in a header', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n'],
  ])('%s is cut off', async (_name, bytes) => {
    const said = await raw(bytes, 10_000);
    expect(said).not.toContain('HTTP/1.1 200 OK\r\nContent-Type: application');
    expect(archive.isRunning).toBe(true);
  });

  test('a body that does not come is cut off in time', async () => {
    const head = `POST /dicom-web/studies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n`;
    const type = 'Content-Type: multipart/related; type="application/dicom"; boundary=B\r\n';
    const said = await raw(`${head}${type}Content-Length: 1000\r\n\r\n--B`, 15_000);
    expect(said).toContain('HTTP/1.1 408');
  });

  test('answers that nobody reads are cut off in time', async () => {
    const uids = { ...UIDS, sopInstanceUID: '2.25.9', seriesInstanceUID: '2.25.8' };
    const large = file(makeInstance({ ...uids, pixels: new Uint8Array(UNREAD_BYTES) }));
    await client.ask('/dicom-web/studies', { method: 'POST', ...multipart([part(large)]) });
    const target = `${STUDY}/series/2.25.8/instances/2.25.9`;
    const ask = `GET ${target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const socket = connectTLS().pause();
    socket.on('error', () => undefined);
    socket.write(ask.repeat(UNREAD_ANSWERS));
    await sleep(UNREAD_MS);
    let received = 0;
    socket.on('data', (piece: Buffer) => (received += piece.length)).resume();
    await once(socket, 'close');
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(UNREAD_ANSWERS * UNREAD_BYTES);
  });

  test('headers that do not come are cut off in time', async () => {
    const begun = Date.now();
    await raw('GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ', 60_000);
    expect(Date.now() - begun).toBeLessThan(50_000);
  });

  test('and the server lives, serves, says nothing of a patient, and has not grown', async () => {
    const { status } = await client.ask(INSTANCE);
    expect(status).toBe(200);
    expect(archive.isRunning).toBe(true);
    expect(archive.said).not.toContain('Hidden');
    const before = archive.memoryBytes('VmRSS');
    for (const [, path, ask] of table.filter(([name]) => name !== 'a deflate bomb')) {
      await client.ask(path, ask());
    }
    expect(archive.memoryBytes('VmRSS') - before).toBeLessThan(GROWTH_MAX_BYTES);
  });
});

function connectTLS(): TLSSocket {
  return connect({
    host: '127.0.0.1',
    servername: 'localhost',
    port: archive.httpsPort,
    ca: readFileSync(installationFolders(archive.dataFolder).caCertFile, 'utf8'),
    ALPNProtocols: ['http/1.1'],
  });
}

/** Sends bytes over TLS and gives what comes back until the server ends it. */
function raw(bytes: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTLS();
    let said = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error('not cut off'));
    }, timeoutMs);
    socket.on('data', (piece: Buffer) => (said += piece.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(said);
    });
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}
