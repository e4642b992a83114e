import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { getInstances, type GetReport } from './get-instances.ts';
import { safeName } from './instance-files.ts';
import {
  answerJSON,
  FakeService,
  multipartOf,
  noWaiting,
  recordOf,
  type Sample,
  sampleFile,
} from './testing/fake-service.ts';

const STUDY = '2.25.1';
const sample = (number: number, series = '2.25.2'): Sample => ({
  sopInstanceUID: `2.25.10${number}`,
  studyInstanceUID: STUDY,
  seriesInstanceUID: series,
});
const samples = [sample(0), sample(1), sample(2), sample(3, '2.25.3')];

let folder: string;
let service: FakeService;
/** What is held, and how parts are sent; a test may change both. */
let held: readonly Sample[];
let fileFor: (one: Sample) => Buffer;
let send: (response: ServerResponse, answer: { type: string; body: Buffer }, path: string) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-get-'));
  held = samples;
  fileFor = (one) => sampleFile(one);
  send = (response, { type, body }) => void response.writeHead(200, { 'Content-Type': type }).end(body);
  service = await FakeService.start((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    if (path.endsWith('/instances')) {
      answerJSON(response, query.includes('offset') ? [] : held.map(recordOf));
      return;
    }
    const [, , , , , series, , instance] = path.split('/').map(decodeURIComponent);
    const asked = held.filter(
      (one) => one.seriesInstanceUID === series && (instance ?? one.sopInstanceUID) === one.sopInstanceUID,
    );
    if (asked.length === 0) response.writeHead(404).end();
    else send(response, multipartOf(asked.map(fileFor)), path);
  });
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (more: object = {}): Promise<GetReport> =>
  getInstances(service.connect(), { studyInstanceUID: STUDY, ...more }, folder, noWaiting);
const files = (): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.dcm')).sort();
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.part'));
const retrievals = (): string[] => service.asked.filter((line) => !/\/instances\?/.test(line));

describe('getting a study', () => {
  test('one request a series, files bit for bit under their UIDs, the preamble emptied', async () => {
    fileFor = (one) => Buffer.from(sampleFile(one)).fill(0x4d, 0, 128);
    expect(await run()).toMatchObject({ listed: 4, there: 0, written: 4, failed: [] });
    expect(files()).toEqual([
      '2.25.2/2.25.100.dcm',
      '2.25.2/2.25.101.dcm',
      '2.25.2/2.25.102.dcm',
      '2.25.3/2.25.103.dcm',
    ]);
    for (const one of samples) {
      const path = join(folder, one.seriesInstanceUID, `${one.sopInstanceUID}.dcm`);
      expect(readFileSync(path).equals(sampleFile(one))).toBe(true);
    }
    expect(retrievals()).toHaveLength(2);
    expect(leftovers()).toEqual([]);
  });

  test('what is there whole is not asked for again; what is broken or another instance is', async () => {
    await run();
    const [first, second] = [join(folder, '2.25.2/2.25.100.dcm'), join(folder, '2.25.2/2.25.101.dcm')];
    writeFileSync(first, readFileSync(first).subarray(0, -20));
    writeFileSync(second, sampleFile(sample(7)));
    service.asked.length = 0;
    expect(await run()).toMatchObject({ there: 2, written: 2, failed: [] });
    expect(retrievals().sort()).toEqual([
      'GET /dicom-web/studies/2.25.1/series/2.25.2/instances/2.25.100',
      'GET /dicom-web/studies/2.25.1/series/2.25.2/instances/2.25.101',
    ]);
    expect(await run()).toMatchObject({ there: 4, written: 0 });
  });

  test('temporary files of commands that are gone are removed, a living one is left alone', async () => {
    writeFileSync(join(folder, '.leadglass-999999999-0.part'), 'x');
    writeFileSync(join(folder, `.leadglass-${process.pid}-77.part`), 'x');
    await run();
    expect(leftovers()).toEqual([`.leadglass-${process.pid}-77.part`]);
  });

  test('a file that is a link is not trusted, and not written through', async () => {
    await run();
    const path = join(folder, '2.25.2/2.25.100.dcm');
    const outside = join(folder, 'outside');
    writeFileSync(outside, readFileSync(path));
    rmSync(path);
    symlinkSync(outside, path);
    const before = readFileSync(outside);
    expect(await run()).toMatchObject({ there: 3, written: 1 });
    expect(readFileSync(outside).equals(before)).toBe(true);
  });
});

describe('hostile and broken services', () => {
  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    '..',
    '',
    'CON',
    '1.2.3\u0000',
    'a'.repeat(500),
    '1..2',
    '.5',
  ])('a UID of %j names a file inside the folder', (uid) =>
    expect(safeName(uid)).toMatch(/^uid-[0-9a-f]{32}$/),
  );

  test('any text gives a name that is one step of a path, different for different texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(safeName(one)).toMatch(/^(uid-[0-9a-f]{32}|[0-9]+(\.[0-9]+)*)$/);
        expect(safeName(one) === safeName(other)).toBe(one === other);
      }),
    );
  });

  test('instances whose UIDs are paths land in the folder', async () => {
    held = [
      { studyInstanceUID: STUDY, seriesInstanceUID: '../../up', sopInstanceUID: '..' },
      { studyInstanceUID: STUDY, seriesInstanceUID: '2.25.2', sopInstanceUID: 'a/b' },
    ];
    expect(await run()).toMatchObject({ written: 2, failed: [] });
    for (const name of files()) expect(name).toMatch(/^[\w.-]+\/uid-[0-9a-f]{32}\.dcm$/);
    expect(await run()).toMatchObject({ there: 2, written: 0 });
  });

  test('broken files are not kept, named in the report, and spoil no others', async () => {
    fileFor = (one) =>
      one.sopInstanceUID.endsWith('101') ? sampleFile(one).subarray(0, -20) : sampleFile(one);
    expect(await run()).toMatchObject({
      written: 3,
      failed: [{ sopInstanceUID: '2.25.101', reason: 'DATA_CUT_SHORT' }],
    });
    expect(files()).toHaveLength(3);
    expect(leftovers()).toEqual([]);
  });

  test('what is no DICOM, and another study than was asked for, is not kept', async () => {
    fileFor = (one) =>
      one.sopInstanceUID.endsWith('100')
        ? Buffer.from('MZ, a program')
        : one.sopInstanceUID.endsWith('101')
          ? sampleFile({ ...one, studyInstanceUID: '2.25.666' })
          : sampleFile(one);
    const report = await run();
    expect(report.written).toBe(2);
    expect(report.failed.map(({ reason }) => reason).sort()).toEqual(['ANOTHER_INSTANCE', 'NOT_DICOM']);
  });

  test('parts without end are cut off', async () => {
    send = (response, { type }, path) => {
      if (/instances\//.test(path)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': type });
      const part = multipartOf([sampleFile(sample(0, '2.25.2'))]).body;
      const more = (): void =>
        void (
          response.destroyed || response.write(Buffer.concat(Array(50).fill(part.subarray(0, -30))), more)
        );
      more();
    };
    held = [sample(0), sample(1)];
    const report = await run();
    expect(report.failed.map(({ sopInstanceUID }) => sopInstanceUID)).toContain('2.25.101');
  });

  test('a full disk ends it before it is full', async () => {
    const report = await getInstances(service.connect(), { studyInstanceUID: STUDY }, folder, {
      ...noWaiting,
      freeBytes: () => Promise.resolve(1_000_000),
    });
    expect(report.stoppedBy?.code).toBe('DISK_FULL');
    expect(report.written).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  test('wherever the connection is cut: only whole files, and in the end all of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 4000 }), { maxLength: 4 }), async (cuts) => {
        rmSync(folder, { recursive: true, force: true });
        const left = [...cuts];
        send = (response, { type, body }) => {
          const cut = left.shift();
          response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length });
          if (cut === undefined || cut >= body.length) response.end(body);
          else response.write(body.subarray(0, cut), () => response.destroy());
        };
        expect(await run()).toMatchObject({ listed: 4, written: 4, failed: [] });
        for (const one of samples) {
          const path = join(folder, one.seriesInstanceUID, `${one.sopInstanceUID}.dcm`);
          expect(readFileSync(path).equals(sampleFile(one))).toBe(true);
        }
        expect(leftovers()).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('trouble that does not pass is given up in bounded time, and nothing there is said so', async () => {
    send = (response) => void response.writeHead(503).end();
    const report = await run();
    expect(report.stoppedBy?.code).toBe('BUSY');
    expect(retrievals().length).toBeLessThan(50);
    held = [];
    await expect(run()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('bytes that are no multipart give a report, never a file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        send = (response, { type }) => void response.writeHead(200, { 'Content-Type': type }).end(bytes);
        const report = await run();
        expect(report.written).toBe(0);
        expect(files()).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});
