import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DicomJson } from '@leadglass/dicom';
import { writePart10Header } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationFolders } from '../../packages/server/src/config/installation.ts';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { runTool } from '../support/tools.ts';
import { createToken, multipart } from '../support/web-client.ts';

const ORIGIN = 'https://viewer.example.org';
const PUBLIC = 'https://archive.example.org/pacs';
const STUDY = 'studies/2.25.52';
const SERIES = `${STUDY}/series/2.25.53`;
const INSTANCE = `${SERIES}/instances/2.25.51`;
const pixels = Uint8Array.from({ length: 512 }, (_, index) => index % 251);

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
let token: string;

interface CurlAnswer {
  readonly status: number;
  readonly version: string;
  readonly headers: string;
  readonly body: string;
}

beforeAll(async () => {
  archive = await TestArchive.create(scope, {
    config: `[https]\npublicAddress = "${PUBLIC}"\nallowedOrigins = ["${ORIGIN}"]\n`,
  });
  device = await archive.addDevice('WEBDEVICE', 'find');
  await archive.start();
  token = await createToken(archive, 'store,find,get');
});
afterAll(() => scope.close());

/** curl as anybody uses it; 'none' sends no token. */
async function curl(
  path: string,
  args: readonly string[] = [],
  bearer: string | 'none' = token,
): Promise<CurlAnswer> {
  const url = `https://localhost:${archive.httpsPort}${path}`;
  const authorization = bearer === 'none' ? [] : ['-H', `Authorization: Bearer ${bearer}`];
  const ca = installationFolders(archive.dataFolder).caCertFile;
  const result = await runTool('curl', [
    '-s',
    '-i',
    '--path-as-is',
    '--cacert',
    ca,
    ...authorization,
    ...args,
    url,
  ]);
  const [head = '', ...rest] = result.stdout.split('\r\n\r\n');
  const [, version = '', status = '0'] = /^HTTP\/(\S+) (\d+)/.exec(head) ?? [];
  return { status: Number(status), version, headers: head.toLowerCase(), body: rest.join('\r\n\r\n') };
}

const web = (path: string, args: readonly string[] = [], bearer: string | 'none' = token) =>
  curl(`/dicom-web/${path}`, args, bearer);
const accept = (type: string): string[] => ['-H', `Accept: ${type}`];

function stowFile(name: string): string[] {
  const uids = { sopInstanceUID: '2.25.51', studyInstanceUID: '2.25.52', seriesInstanceUID: '2.25.53' };
  const about = {
    sopClassUID: CT_IMAGE_STORAGE,
    sopInstanceUID: '2.25.51',
    transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
  };
  const more = [
    [0x00280010, '16'],
    [0x00280011, '16'],
    [0x00280100, '16'],
    [0x00280002, '1'],
  ] as const;
  const dataSet = makeInstance({ ...uids, patientName: 'Web^Curl', patientID: 'W-1', pixels, more });
  const file = Buffer.concat([writePart10Header({ ...about, implementationClassUID: '2.25.9' }), dataSet]);
  // A preamble that is another format's beginning: it must not come back.
  file.write('II*\0', 0, 'latin1');
  const { headers, body } = multipart([{ type: 'application/dicom', body: file }]);
  const path = join(scope.folder('curl'), name);
  writeFileSync(path, body);
  return ['-H', `Content-Type: ${headers['Content-Type']}`, '--data-binary', `@${path}`];
}

describe('with curl', () => {
  test('nothing but /healthz answers a stranger, and every answer is locked down', async () => {
    const alive = await curl('/healthz', [], 'none');
    expect(alive).toMatchObject({ status: 200, version: '2', body: 'ok\n' });
    for (const path of [
      '/',
      '/dicom-web/studies',
      '/dicom-web/',
      '/dicom-web/openapi.json',
      '/favicon.ico',
    ]) {
      const answer = await curl(path, [], 'none');
      expect(answer.status).toBe(401);
      expect(answer.headers).toContain('www-authenticate: bearer');
      expect(answer.headers).toContain('strict-transport-security:');
      expect(answer.headers).toContain("content-security-policy: default-src 'none'");
      expect(answer.headers).not.toContain('access-control-allow-origin');
    }
    const wrong = await web(
      'studies',
      [],
      token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    );
    expect(wrong.status).toBe(401);
    expect(wrong.headers).toContain('invalid_token');
    const trail = await archive.trail();
    const refused = trail.filter(({ verb, outcome }) => verb === 'connect' && outcome === 'refused');
    expect(refused.map(({ reason }) => reason)).toContain('UNKNOWN_TOKEN');
  });

  test('TLS before 1.2 is not spoken; HTTP/1.1 and HTTP/2 are', async () => {
    const old = await web('studies', ['--tls-max', '1.1']);
    expect(old.status).toBe(0);
    expect((await web('studies', ['--http1.1'])).version).toBe('1.1');
    expect((await web('studies', ['--http2'])).version).toBe('2');
  });

  test('STOW-RS stores, drops the preamble and says so in the trail (PS3.18 10.5)', async () => {
    const stored = await web('studies', stowFile('one'));
    expect(stored.status).toBe(200);
    const report = JSON.parse(stored.body) as DicomJson;
    expect(report['00081190']?.Value).toEqual([`${PUBLIC}/dicom-web/${STUDY}`]);
    expect(report['00081198']).toBeUndefined();
    const entry = (await archive.trail()).find(
      ({ verb, outcome }) => verb === 'store' && outcome === 'success',
    );
    expect(entry).toMatchObject({
      principal: { kind: 'token', via: 'bearer-token' },
      subject: { sopInstanceUID: '2.25.51', patientID: 'W-1' },
      detail: { preamble: 'not zero' },
    });
    const back = await web(INSTANCE, accept('application/dicom'));
    expect(back.body.slice(0, 4)).toBe('\0\0\0\0');
    expect((await web('studies', stowFile('again'))).status).toBe(200);
  });

  test('QIDO-RS finds: names, tags, dotted paths, fuzzy words, forms, XML; 204 when there is nothing', async () => {
    for (const query of [
      'PatientName=WEB*',
      '00100010=Web^Curl',
      'PatientName=curl&fuzzymatching=true',
      'PatientName=Vepp%20Kurl&fuzzymatching=true',
      'ModalitiesInStudy=CT&multiplevaluematching=true',
      'StudyInstanceUID=2.25.52,2.25.99',
      'AccessionNumber=%22%22&emptyvaluematching=true',
      'includefield=all&limit=1',
      'includefield=RequestAttributesSequence.ScheduledProcedureStepID',
    ]) {
      const answer = await web(`studies?${query}`);
      expect([query, answer.status]).toEqual([query, 200]);
      const [study] = JSON.parse(answer.body) as DicomJson[];
      expect(study?.['00081190']?.Value).toEqual([`${PUBLIC}/dicom-web/${STUDY}`]);
      expect(study?.['00201208']).toEqual({ vr: 'IS', Value: [1] });
    }
    expect((await web('studies?PatientID=nobody')).status).toBe(204);
    expect((await web('studies?PatientName=Kurl')).status).toBe(204);
    expect((await web('studies?ModalitiesInStudy=CT%5CPT')).status).toBe(200);
    expect((await web('studies?ModalitiesInStudy=CT%5CPT&multiplevaluematching=true')).status).toBe(204);
    expect((await web('studies?ModalitiesInStudy=C*%5CPT&multiplevaluematching=true')).status).toBe(400);
    const form = await web('studies/search', ['--data-urlencode', 'PatientName=Web*']);
    expect(form.status).toBe(200);
    const xml = await web('studies', accept('multipart/related; type="application/dicom+xml"'));
    expect(xml.body).toContain('<DicomAttribute tag="00100010" vr="PN" keyword="PatientName">');
    for (const path of [
      'series',
      'instances',
      `${STUDY}/series`,
      `${STUDY}/instances`,
      `${SERIES}/instances`,
    ]) {
      expect((await web(path)).status).toBe(200);
    }
  });

  test('WADO-RS: Range, ETag, HEAD, links of the configured address (PS3.18 10.4)', async () => {
    const frame = await web(`${INSTANCE}/frames/1`, [...accept('application/octet-stream'), '-r', '10-19']);
    expect(frame.status).toBe(206);
    expect(frame.headers).toContain('content-range: bytes 10-19/512');
    expect(Buffer.from(frame.body, 'utf8')).toEqual(Buffer.from(pixels.subarray(10, 20)));
    const tag =
      /etag: (\S+)/.exec((await web(INSTANCE, ['-I', ...accept('application/dicom')])).headers)?.[1] ?? '';
    // Header names and values were lowered; the tag itself is asked for again as it was sent.
    expect(tag).toMatch(/^"/);
    const head = await web(INSTANCE, ['-I', ...accept('application/dicom')]);
    expect(head).toMatchObject({ status: 200, body: '' });
    const everything = await web(INSTANCE, [...accept('application/dicom'), '-H', 'If-None-Match: *']);
    expect(everything.status).toBe(304);
    const metadata = await web(`${SERIES}/metadata`);
    const [instance] = JSON.parse(metadata.body) as DicomJson[];
    expect(instance?.['7FE00010']?.BulkDataURI).toBe(`${PUBLIC}/dicom-web/${INSTANCE}/bulkdata/7FE00010`);
    expect(instance?.['00083002']?.Value).toEqual([EXPLICIT_LITTLE_ENDIAN]);
    const compressed = await web(`${SERIES}/metadata`, ['--compressed']);
    expect(compressed.headers).toContain('content-encoding: gzip');
    expect(compressed.body).toBe(metadata.body);
    const xml = await web(`${INSTANCE}/metadata`, accept('multipart/related; type="application/dicom+xml"'));
    expect(xml.body).toContain('<BulkData uri="https://archive.example.org/pacs/');
    const uri = 'wado?requestType=WADO&studyUID=2.25.52&seriesUID=2.25.53&objectUID=2.25.51';
    expect((await web(uri)).status).toBe(200);
    expect((await web(uri.replace('2.25.51', '2.25.50'))).status).toBe(404);
  });

  test('looking at a study stands in the trail before its first byte, and its end when the door closes', async () => {
    const begun = (await archive.trail()).filter(
      ({ verb, outcome }) => verb === 'get' && outcome === 'pending',
    );
    expect(begun.length).toBeGreaterThan(0);
    expect(begun[0]).toMatchObject({ subject: { studyInstanceUID: '2.25.52', patientID: 'W-1' } });
  });

  test('a token does what it was made for, and nothing after it was revoked or ran out', async () => {
    const finder = await createToken(archive, 'find');
    expect((await web('studies', [], finder)).status).toBe(200);
    expect((await web(INSTANCE, [], finder)).status).toBe(403);
    expect((await web('studies', stowFile('refused'), finder)).status).toBe(403);
    const revoked = await archive.command('token', 'revoke', finder.split('_')[1] ?? '');
    expect(revoked.code).toBe(0);
    expect((await web('studies', [], finder)).status).toBe(401);
    const short = await createToken(archive, 'find', '1s');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await web('studies', [], short)).status).toBe(401);
    const listed = await archive.command('token', 'list', '--json');
    expect(listed.stdout).not.toContain(token.split('_')[2] ?? '');
  });

  test('a device is known by its certificate, with its own verbs', async () => {
    const certificate = ['--cert', device.certFile, '--key', device.keyFile];
    expect((await web('studies', certificate, 'none')).status).toBe(200);
    expect((await web(INSTANCE, certificate, 'none')).status).toBe(403);
    await archive.command('device', 'revoke', 'WEBDEVICE');
    expect((await web('studies', certificate, 'none')).status).toBe(401);
  });

  test('pages from elsewhere may ask only when their origin was named', async () => {
    const preflight = ['-X', 'OPTIONS', '-H', 'Access-Control-Request-Method: GET', '-H'];
    const named = await web('studies', [...preflight, `Origin: ${ORIGIN}`], 'none');
    expect(named.status).toBe(204);
    expect(named.headers).toContain(`access-control-allow-origin: ${ORIGIN}`);
    const other = await web('studies', [...preflight, 'Origin: https://evil.example'], 'none');
    expect(other.status).toBe(401);
    expect(other.headers).not.toContain('access-control-allow-origin');
  });

  test('capabilities and OpenAPI describe every path (PS3.18 8.9)', async () => {
    const wadl = await web('', ['-X', 'OPTIONS', ...accept('application/vnd.sun.wadl+xml')]);
    expect(wadl.body).toContain(
      '<resource path="/studies/{study}/series/{series}/metadata"><method name="GET"/>',
    );
    const openAPI = JSON.parse((await web('openapi.json')).body) as { paths: Record<string, unknown> };
    expect(Object.keys(openAPI.paths)).toContain(
      '/studies/{study}/series/{series}/instances/{instance}/frames/{frames}',
    );
    for (const what of ['bulkdata', 'pixeldata'])
      for (const path of ['/studies/{study}', '/studies/{study}/series/{series}'])
        expect(Object.keys(openAPI.paths)).toContain(`${path}/${what}`);
    for (const name of ['fuzzymatching', 'emptyvaluematching', 'multiplevaluematching']) {
      expect(openAPI.paths['/studies']).toMatchObject({
        get: {
          parameters: expect.arrayContaining([expect.objectContaining({ name, in: 'query' })]) as unknown,
        },
      });
      expect(wadl.body).toContain(`<param name="${name}" style="query" type="xs:boolean"/>`);
    }
  });

  test('STOW-RS says what it stored otherwise than it was named: 202 and a reason (PS3.18 10.5.3)', async () => {
    const uid = (value: string) => ({ vr: 'UI', Value: [value] });
    const metadata = [
      {
        '00080005': { vr: 'CS', Value: ['ISO_IR 100'] },
        '00080016': uid(CT_IMAGE_STORAGE),
        '00080018': uid('2.25.81'),
        '0020000D': uid('2.25.82'),
        '0020000E': uid('2.25.83'),
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg' }] },
      },
    ];
    const json = { type: 'application/dicom+json', body: Buffer.from(JSON.stringify(metadata)) };
    const sopInstanceUID = '2.25.91';
    const about = {
      sopClassUID: '1.2.840.10008.5.1.4.1.1.4',
      sopInstanceUID,
      transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    };
    const uids = { sopInstanceUID, studyInstanceUID: '2.25.92', seriesInstanceUID: '2.25.93' };
    const file = Buffer.concat([
      writePart10Header({ ...about, implementationClassUID: '2.25.9' }),
      makeInstance({ ...uids, pixels }),
    ]);
    for (const [reason, form] of [
      [0xb000, multipart([json], json.type)],
      [0xb007, multipart([{ type: 'application/dicom', body: file }])],
    ] as const) {
      const path = join(scope.folder('curl'), 'warned');
      writeFileSync(path, form.body);
      const type = ['-H', `Content-Type: ${form.headers['Content-Type']}`];
      const stored = await web('studies', [...type, '--data-binary', `@${path}`]);
      expect(stored.status).toBe(202);
      const report = JSON.parse(stored.body) as DicomJson;
      expect(report['00081199']?.Value).toMatchObject([{ '00081196': { vr: 'US', Value: [reason] } }]);
      expect(report['00081198']).toBeUndefined();
    }
    const none = join(scope.folder('curl'), 'none');
    const form = multipart([{ type: 'application/dicom', body: Buffer.from('no instance') }]);
    writeFileSync(none, form.body);
    const type = ['-H', `Content-Type: ${form.headers['Content-Type']}`];
    const refused = await web('studies', [...type, '--data-binary', `@${none}`]);
    expect(refused.status).toBe(409);
    expect(JSON.parse(refused.body)).toEqual({
      '0008119A': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0xc000] } }] },
    });
  });

  test('STOW-RS takes metadata and bulk data, in JSON and in XML (PS3.18 8.6.1.2.2)', async () => {
    const uid = (value: string) => ({ vr: 'UI', Value: [value] });
    const metadata = JSON.stringify([
      {
        '00080016': uid(CT_IMAGE_STORAGE),
        '00080018': uid('2.25.61'),
        '0020000D': uid('2.25.62'),
        '0020000E': uid('2.25.63'),
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg' }] },
        '7FE00010': { vr: 'OW', BulkDataURI: 'pixels' },
      },
    ]);
    const xml =
      '<NativeDicomModel>' +
      [
        ['00080016', CT_IMAGE_STORAGE],
        ['00080018', '2.25.71'],
        ['0020000D', '2.25.72'],
        ['0020000E', '2.25.73'],
      ]
        .map(
          ([tag, value]) =>
            `<DicomAttribute tag="${tag}" vr="UI"><Value number="1">${value}</Value></DicomAttribute>`,
        )
        .join('') +
      '<DicomAttribute tag="7FE00010" vr="OW"><BulkData uri="pixels"/></DicomAttribute></NativeDicomModel>';
    for (const [type, text, study] of [
      ['application/dicom+json', metadata, '2.25.62/series/2.25.63/instances/2.25.61'],
      ['application/dicom+xml', xml, '2.25.72/series/2.25.73/instances/2.25.71'],
    ] as const) {
      const bulk = {
        type: 'application/octet-stream',
        body: pixels,
        headers: { 'Content-Location': 'pixels' },
      };
      const { headers, body } = multipart([{ type, body: Buffer.from(text) }, bulk], type);
      const path = join(scope.folder('curl'), 'metadata');
      writeFileSync(path, body);
      const stored = await web('studies', [
        '-H',
        `Content-Type: ${headers['Content-Type']}`,
        '--data-binary',
        `@${path}`,
      ]);
      expect([type, stored.status, stored.body]).toEqual([type, 200, expect.stringContaining('00081199')]);
      const back = await web(`studies/${study}/bulkdata/7FE00010`, accept('application/octet-stream'));
      expect(back.headers).toContain('content-length: 512');
    }
  });
});
