import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMediaType } from '../http-media/media-type.ts';
import { MultipartReader } from '../http-media/multipart-reader.ts';
import { failureWords, warningWords } from './failure-reasons.ts';
import { type PutOptions, putFiles, type PutReport } from './put-files.ts';
import { Part10Check } from './part10-check.ts';
import {
  answerJSON,
  FakeService,
  noWaiting,
  recordOf,
  type Sample,
  sampleFile,
} from './testing/fake-service.ts';

const sample = (number: number): Sample => ({
  sopInstanceUID: `2.25.10${number}`,
  studyInstanceUID: '2.25.1',
  seriesInstanceUID: '2.25.2',
});

let folder: string;
let service: FakeService;
/** What the service holds, by SOPInstanceUID, and how it answers a batch that was kept. */
let held: Map<string, Buffer>;
let answerSearch: (response: ServerResponse) => void;
let answerStore: (response: ServerResponse, uids: readonly string[]) => void;
let batches: number[];

const reference = (uid: string): object => ({ '00081155': { vr: 'UI', Value: [uid] } });
const stored = (uids: readonly string[]): object => ({
  '00081199': { vr: 'SQ', Value: uids.map(reference) },
});
const refusal = (uid: string, reason: number): object => ({
  ...reference(uid),
  '00081197': { vr: 'US', Value: [reason] },
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-put-'));
  held = new Map();
  batches = [];
  answerSearch = (response) =>
    held.size === 0
      ? void response.writeHead(204).end()
      : answerJSON(
          response,
          [...held.keys()].map((sopInstanceUID) => recordOf({ ...sample(0), sopInstanceUID })),
        );
  answerStore = (response, uids) => answerJSON(response, stored(uids));
  service = await FakeService.start((request, response, body) => {
    if (request.method === 'GET') answerSearch(response);
    else {
      void keep(request.headers['content-type'] ?? '', body).then((uids) => {
        batches.push(uids.length);
        answerStore(response, uids);
      });
    }
  });
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function keep(type: string, body: Buffer): Promise<string[]> {
  const boundary = parseMediaType(type)?.parameters.get('boundary') ?? '';
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield await Promise.resolve(body);
  };
  const uids: string[] = [];
  for await (const part of new MultipartReader(whole(), boundary, (code) => new Error(code)).parts()) {
    const pieces: Buffer[] = [];
    for await (const piece of part.body) pieces.push(piece);
    const file = Buffer.concat(pieces);
    const check = new Part10Check();
    check.push(file);
    check.end();
    const uid = check.uids?.sopInstanceUID ?? '';
    uids.push(uid);
    held.set(uid, file);
  }
  return uids;
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const run = (paths: readonly string[], more: Partial<PutOptions> = {}): Promise<PutReport> =>
  putFiles(service.connect(), paths, {
    ...noWaiting,
    implementation: { implementationClassUID: '2.25.9', implementationVersionName: 'TEST' },
    ...more,
  });
const paths = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => write(`${index}.dcm`, sampleFile(sample(index))));

describe('storing files', () => {
  test('in batches of so many files and bytes, bit for bit', async () => {
    expect(await run(paths(5), { batchMaxFiles: 2 })).toMatchObject({ counts: { stored: 5, failed: 0 } });
    expect(batches).toEqual([2, 2, 1]);
    for (let index = 0; index < 5; index++) {
      expect(held.get(`2.25.10${index}`)?.equals(sampleFile(sample(index)))).toBe(true);
    }
    held.clear();
    batches.length = 0;
    await run(paths(4), { batchMaxBytes: 700 });
    expect(batches).toEqual([1, 1, 1, 1]);
  });

  test('what the server holds is not sent again, unless it is to compare', async () => {
    const files = paths(4);
    await run(files.slice(0, 2));
    expect(await run(files)).toMatchObject({ counts: { stored: 2, there: 2 } });
    expect(batches).toEqual([2, 2]);
    expect(await run(files, { resend: true })).toMatchObject({ counts: { stored: 4, there: 0 } });
  });

  test('a server that does not say what it holds gets everything, and it is told', async () => {
    answerSearch = (response) => void response.writeHead(403).end();
    const report = await run(paths(2));
    expect(report).toMatchObject({ counts: { stored: 2 }, unchecked: { code: 'NOT_GRANTED' } });
    expect(service.asked.filter((line) => line.startsWith('GET'))).toHaveLength(1);
  });

  test('a study whose UID the server does not take is sent whole, and the others are still asked for', async () => {
    const files = paths(2);
    await run(files);
    const odd = write('odd.dcm', sampleFile({ ...sample(9), studyInstanceUID: '1.02.x' }));
    const answer = answerSearch;
    answerSearch = (response) => {
      if (service.asked.at(-1)?.includes('1.02.x') === true) response.writeHead(400).end();
      else answer(response);
    };
    const report = await run([odd, ...files]);
    expect(report.counts).toMatchObject({ stored: 1, there: 2 });
    expect(report.unchecked).toBeUndefined();
  });

  test('what is no DICOM is passed over; preambles are emptied; bare data sets get a header', async () => {
    const evil = Buffer.from(sampleFile(sample(1))).fill(0x4d, 0, 128);
    const bare = sampleFile(sample(2));
    const check = new Part10Check();
    check.push(bare);
    check.end();
    const report = await run([
      write('a.txt', Buffer.from('hello, this is text and no image')),
      write('evil.dcm', evil),
      write('bare', bare.subarray(check.header?.dataSetOffset)),
      write('cut.dcm', sampleFile(sample(3)).subarray(0, 400)),
      join(folder, 'missing'),
    ]);
    expect(report.counts).toEqual({ stored: 2, there: 0, failed: 2, skipped: 1 });
    expect(report.notable.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^no whole DICOM file: /),
      'cannot be read: ENOENT',
    ]);
    expect(
      held
        .get('2.25.101')
        ?.subarray(0, 128)
        .every((byte) => byte === 0),
    ).toBe(true);
    expect(held.get('2.25.102')?.toString('latin1', 128, 132)).toBe('DICM');
  });

  test('two files of one instance are asked for in two requests', async () => {
    const report = await run([
      write('a.dcm', sampleFile(sample(0))),
      write('b.dcm', sampleFile(sample(0), new Uint8Array(32))),
    ]);
    expect(batches).toEqual([1, 1]);
    expect(report.counts.stored).toBe(2);
  });
});

describe('what the server says of them', () => {
  test('failures and warnings in words; what it does not name is not stored', async () => {
    answerStore = (response) =>
      answerJSON(
        response,
        {
          '00081199': {
            vr: 'SQ',
            Value: [{ ...reference('2.25.100'), '00081196': { vr: 'US', Value: [0xb000] } }],
          },
          '00081198': { vr: 'SQ', Value: [refusal('2.25.101', 0x0111), refusal('2.25.102', 0xc122)] },
        },
        202,
      );
    const report = await run(paths(4));
    expect(report.counts).toMatchObject({ stored: 1, failed: 3 });
    expect(report.notable.map(({ reason }) => reason)).toEqual([
      'stored, but the server changed values (0xB000)',
      'another data set is held under the same SOPInstanceUID (0x0111)',
      'its transfer syntax is not supported there (0xC122)',
      'the server does not say that it has it',
    ]);
  });

  describe('failures it gives no name (Other Failures Sequence, PS3.18 Table I.2-1)', () => {
    const others = (...reasons: number[]): object => ({
      '0008119A': { vr: 'SQ', Value: reasons.map((code) => ({ '00081197': { vr: 'US', Value: [code] } })) },
    });
    const REASON = 'the server does not say that it has it, and of what it does not name it says: ';
    const UNREADABLE = 'the server cannot read the data set (0xC000)';
    const FAILED = 'the server failed while it worked on it (0x0110)';

    test('are told of the files that are not named', async () => {
      answerStore = (response, [first = '']) =>
        answerJSON(response, { ...stored([first]), ...others(0xc000, 0xc000, 0x0110) }, 202);
      const report = await run(paths(4));
      expect(report.counts).toMatchObject({ stored: 1, failed: 3 });
      expect(new Set(report.notable.map(({ reason }) => reason))).toEqual(
        new Set([`${REASON}${UNREADABLE}; ${FAILED}`]),
      );
      expect(report.otherFailures).toEqual(new Set());
    });

    test('are told apart from the files when each of those is named', async () => {
      answerStore = (response, uids) =>
        answerJSON(response, { ...stored(uids), ...others(0x0110, 0x0110) }, 202);
      const report = await run(paths(2));
      expect(report).toMatchObject({ counts: { stored: 2, failed: 0 }, notable: [] });
      expect(report.otherFailures).toEqual(new Set([FAILED]));
    });

    test('of a batch that failed as a whole: one reason is that of each file', async () => {
      answerStore = (response, uids) => answerJSON(response, others(...uids.map(() => 0xc000)), 409);
      const report = await run(paths(3));
      expect(batches).toEqual([3]);
      expect(report.counts).toMatchObject({ stored: 0, failed: 3 });
      expect(report.notable.map(({ reason }) => reason)).toEqual(Array(3).fill(REASON + UNREADABLE));
    });

    test('of a batch that failed as a whole: which reason is whose is found by halving', async () => {
      const codes: Readonly<Record<string, number>> = { '2.25.100': 0x0110, '2.25.101': 0xc000 };
      answerStore = (response, uids) =>
        answerJSON(response, others(...uids.map((uid) => codes[uid] ?? 0)), 409);
      const report = await run(paths(2));
      expect(batches).toEqual([2, 1, 1]);
      expect(report.notable.map(({ reason }) => reason)).toEqual([REASON + FAILED, REASON + UNREADABLE]);
    });

    test('so many different reasons are repeated, and no more', async () => {
      answerStore = (response) =>
        answerJSON(response, others(...Array.from({ length: 1000 }, (_, index) => 0xc000 + index)), 202);
      const report = await run(paths(1));
      expect(report.notable[0]?.reason?.split('; ')).toHaveLength(8);
    });
  });

  test('every reason and warning has words', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff }), (code) => {
        expect(failureWords(code)).toMatch(/^[a-z].+ \(0x[0-9A-F]{4}\)$/);
        expect(warningWords(code)).toMatch(/^stored.+ \(0x[0-9A-F]{4}\)$/);
      }),
    );
  });

  test.each([400, 413, 415])('a batch refused with %i is halved until the one is found', async (status) => {
    answerStore = (response, uids) => {
      if (uids.includes('2.25.102')) response.writeHead(status).end('no');
      else answerJSON(response, stored(uids));
    };
    const report = await run(paths(5));
    expect(report.counts).toMatchObject({ stored: 4, failed: 1 });
    expect(report.notable[0]?.path).toBe(join(folder, '2.dcm'));
  });

  test('503, 429 and cut connections are tried again, and given up in the end', async () => {
    const troubles = [503, 429, 0];
    answerStore = (response, uids) => {
      const trouble = troubles.shift();
      if (trouble === undefined) answerJSON(response, stored(uids));
      else if (trouble === 0) response.destroy();
      else response.writeHead(trouble, { 'Retry-After': '3' }).end();
    };
    const waits: number[] = [];
    const report = await run(paths(2), { sleep: (waitMs) => Promise.resolve(void waits.push(waitMs)) });
    expect(report.counts.stored).toBe(2);
    expect(waits.slice(0, 2)).toEqual([3000, 3000]);
    expect(waits).toHaveLength(3);
    answerStore = (response) => void response.writeHead(503).end();
    held.clear();
    const given = await run(paths(2));
    expect(given.stoppedBy?.code).toBe('BUSY');
    expect(given.counts.stored).toBe(0);
  });

  test('without a token nothing more is tried', async () => {
    answerSearch = (response) => void response.writeHead(401).end();
    const report = await run(paths(3));
    expect(report.stoppedBy?.code).toBe('NOT_SIGNED_IN');
    expect(service.asked).toHaveLength(1);
  });

  test('a file that changes while it waits is said so, and the others are sent', async () => {
    const files = paths(3);
    answerSearch = (response) => {
      appendFileSync(files[1] ?? '', 'more');
      response.writeHead(204).end();
    };
    // The second file is looked at before it grows: searching comes after.
    const report = await run([files[1] ?? '', files[0] ?? '', files[2] ?? '']);
    expect(report.counts).toMatchObject({ stored: 2, failed: 1 });
    expect(report.notable[0]?.reason).toBe('cannot be read: FILE_CHANGED');
  });

  test('any JSON for an answer gives a report, and nothing stored that was not named', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 4 }),
        fc.constantFrom(200, 202, 409),
        async (json, status) => {
          held.clear();
          answerStore = (response) => answerJSON(response, json, status);
          const report = await run(paths(1));
          expect(report.counts.stored).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });
});
