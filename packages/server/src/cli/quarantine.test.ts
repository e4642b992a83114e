import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { instanceOf, instanceUID, studyUID } from '../archive/testing/instances.ts';
import { CommandBench } from './testing/command-bench.ts';

const bench = new CommandBench();
beforeAll(() => bench.prepare());
afterEach(() => bench.forgetIndexes());
afterAll(() => bench.remove());

const held = [1, 2].map((number) => instanceOf({ number, pixelBytes: 30_000 }));
const others = [
  instanceOf({ number: 1, pixelBytes: 30_000, patientName: 'Secret^Name' }),
  instanceOf({ number: 1, pixelBytes: 30_004 }),
  instanceOf({ number: 2, pixelBytes: 29_000, patientID: 'SECRET' }),
];

let data: string;
beforeEach(async () => {
  data = bench.newData();
  await bench.run(data, ['import', bench.medium(held)]);
  for (const other of others) await bench.run(data, ['import', bench.medium([other])]);
});

const quarantine = (args: readonly string[], confirm?: (question: string) => Promise<boolean>) =>
  bench.run(data, ['quarantine', ...args], confirm);

interface Listed {
  count: number;
  bytes: number;
  dataSets: { name: string; sopInstanceUID: string; differenceBytes: number; recorded: { sender: string } }[];
}

async function listed(...filter: string[]): Promise<Listed> {
  const { code, out } = await quarantine(['list', '--json', ...filter]);
  expect(code).toBe(0);
  return JSON.parse(out) as Listed;
}

/** With the server running, and with the archive opened by the command itself. */
const ways = [
  ['the server is stopped', () => Promise.resolve(() => Promise.resolve<unknown>(undefined))],
  [
    'the server runs',
    async () => {
      const server = await bench.serve(data);
      return () => {
        server.stop();
        return server.ended();
      };
    },
  ],
] as const;

describe.each(ways)('while %s', (_way, begin) => {
  let end: () => Promise<unknown>;
  beforeEach(async () => {
    end = await begin();
  });
  afterEach(() => end());

  test('list tells of all of them, or those of a study or a UID; without values of the patient', async () => {
    const all = await listed();
    expect(all).toMatchObject({
      count: 3,
      bytes: others.reduce((sum, { dataSet }) => sum + dataSet.length, 0),
      dataSets: [
        { sopInstanceUID: instanceUID(1, 1, 1), recorded: { reason: 'DIFFERENT_UNDER_SAME_UID' } },
        { sopInstanceUID: instanceUID(1, 1, 1), differenceBytes: 4 },
        { sopInstanceUID: instanceUID(1, 1, 2) },
      ],
    });
    expect(all.dataSets[0]?.recorded.sender).toMatch(/^operator:/);
    expect(await listed('--instance', instanceUID(1, 1, 2))).toMatchObject({ count: 1 });
    expect(await listed('--study', studyUID(1))).toMatchObject({ count: 3 });
    expect(await listed('--study', studyUID(2))).toEqual({ count: 0, bytes: 0, dataSets: [] });
    const { out } = await quarantine(['list']);
    expect(out).toMatch(/^NAME +RECEIVED +FROM /);
    expect(out).toMatch(/\+4 B/);
    expect(out).toMatch(/3 data sets \(\d+\.\d kB\) in quarantine\n$/);
    expect(out + JSON.stringify(all)).not.toMatch(/secret/i);
  });

  test('show tells how one differs, and which attributes do', async () => {
    const [first] = (await listed()).dataSets;
    const { code, out } = await quarantine(['show', first?.name ?? '']);
    expect(code).toBe(0);
    expect(out).toMatch(/SHA-256 [0-9a-f]{64}, \d+ bytes, in quarantine\nSHA-256 [0-9a-f]{64}/);
    expect(out).toContain('(0010,0010) PatientName: changed\n');
    const json = await quarantine(['show', first?.name ?? '', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      name: first?.name,
      difference: { attributes: [{ tag: '00100010' }], moreAttributes: false },
    });
    expect(out + json.out).not.toMatch(/secret/i);
    expect(await quarantine(['show', '1:64'])).toMatchObject({ code: 1, out: '' });
  });

  test('drop takes what was named, once, and verify and the list agree', async () => {
    const [first, second] = (await listed()).dataSets;
    const names = [first?.name ?? '', second?.name ?? ''];
    const dropped = await quarantine(['drop', ...names, ...names, '--yes', '--json']);
    expect(dropped).toMatchObject({ code: 0 });
    const { dropped: told, failed } = JSON.parse(dropped.out) as { dropped: string[]; failed: unknown[] };
    expect([told.sort(), failed]).toEqual([names.sort(), []]);
    expect(await listed()).toMatchObject({ count: 1 });
    const again = await quarantine(['drop', ...names, '--yes']);
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toContain('see leadglass quarantine list');
    const verified = await bench.run(data, ['verify', '--json']);
    expect(JSON.parse(verified.out)).toMatchObject({ ok: true, instances: 2, quarantined: 1, dropped: 2 });
  });
});

describe('leadglass quarantine drop', () => {
  const none = { code: 1, out: '' };

  test('asks, and drops nothing unless the answer is yes', async () => {
    const questions: string[] = [];
    const answer = (yes: boolean) => (question: string) => {
      questions.push(question);
      return Promise.resolve(yes);
    };
    const refused = await quarantine(['drop', '--study', studyUID(1)], answer(false));
    expect(refused).toMatchObject(none);
    expect(refused.err).toContain('nothing was dropped');
    expect(await listed()).toMatchObject({ count: 3 });
    const agreed = await quarantine(['drop', '--instance', instanceUID(1, 1, 1)], answer(true));
    expect(agreed).toMatchObject({ code: 0 });
    expect(agreed.out).toMatch(/^dropped 2 data sets \(\d+\.\d kB\) from quarantine\n$/);
    expect(questions).toEqual([
      expect.stringMatching(/^Drop 3 data sets .* for good\?$/) as string,
      expect.stringMatching(/^Drop 2 data sets .* for good\?$/) as string,
    ]);
    expect(await listed()).toMatchObject({ count: 1 });
  });

  test('without anybody to ask needs --yes, and never means all by itself', async () => {
    const [first] = (await listed()).dataSets;
    expect((await quarantine(['drop', first?.name ?? ''])).err).toContain('--yes');
    expect(await quarantine(['drop', '--yes'])).toMatchObject(none);
    expect(await quarantine(['drop', first?.name ?? '', '77:64', '--yes'])).toMatchObject(none);
    expect(await quarantine(['drop', '*', '--yes'])).toMatchObject(none);
    expect(await listed()).toMatchObject({ count: 3 });
  });

  test('stays done when the index is made again, and stands in the trail with what was dropped', async () => {
    await quarantine(['drop', '--study', studyUID(1), '--yes']);
    expect(await bench.run(data, ['rebuild-index'])).toMatchObject({ code: 0 });
    expect(await listed()).toMatchObject({ count: 0 });
    const verified = await bench.run(data, ['verify']);
    expect(verified.code).toBe(0);
    expect(verified.out).toMatch(/^2 instances .* 0 in quarantine, 3 dropped from it, 0 erased on purpose\n/);
    expect(await bench.run(data, ['trail', 'verify'])).toMatchObject({ code: 0 });
    // Of a study whose data sets were dropped nothing was lost.
    const out = bench.newFolder('out');
    const exported = await bench.run(data, ['export', '--study', studyUID(1), '--out', out, '--json']);
    expect(JSON.parse(exported.out)).toMatchObject({ written: 2, failed: 0 });
  });
});
