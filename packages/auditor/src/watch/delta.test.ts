import { describe, expect, test } from 'vitest';
import type { Finding, ScanReport, SystemRecord } from '../findings/index.ts';
import { finding, report, system } from '../findings/testing/small-report.ts';
import { sampleMetas } from '../report/testing/sample-metas.ts';
import { alarming, changesMessage } from './alert.ts';
import { deltaFor } from './delta.ts';
import type { Delta } from './delta.ts';
import { advance } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';

const secret = new Uint8Array(32).fill(3);
const options = { metas: sampleMetas, secret };
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T08:00:00.000Z`;

/** A run on a day of January. */
function run(
  on: number,
  systems: SystemRecord[],
  findings: Finding[],
  different: Partial<ScanReport> = {},
): ScanReport {
  const dated = findings.map((one) => ({ ...one, at: day(on) }));
  return report(systems, dated, { started: day(on), ended: day(on), ...different });
}

/** The runs one after the other; gives the last difference and what is known then. */
function follow(...runs: readonly ScanReport[]): { delta: Delta; knowledge: Knowledge } {
  let knowledge: Knowledge | undefined;
  let delta: Delta | undefined;
  for (const one of runs) {
    delta = deltaFor(knowledge, one, 'full', options);
    knowledge = advance(knowledge, one, sampleMetas);
  }
  if (delta === undefined || knowledge === undefined) throw new Error('no runs');
  return { delta, knowledge };
}

const brief = ({ items }: Delta): string[] =>
  items.map(({ change, what, id, system: at, ports }) =>
    `${change} ${what} ${id} ${at} ${ports.join('+')}`.trim(),
  );

const pacs = system('192.0.2.10');

describe('what changed', () => {
  test('the first run: everything is new', () => {
    const { delta } = follow(run(1, [pacs], [finding('D05', '192.0.2.10', 'exposed', { port: 104 })]));
    expect(brief(delta)).toEqual(['new finding D05 192.0.2.10 104']);
    expect(delta.since).toBeUndefined();
  });

  test('nothing changed: nothing is told', () => {
    const same = [finding('D05', '192.0.2.10', 'exposed', { port: 104 })];
    const { delta } = follow(run(1, [pacs], same), run(8, [pacs], same));
    expect(delta.items).toEqual([]);
    expect(delta.counts).toMatchObject({ unchanged: 1, undecided: 0 });
    expect(delta.oldestDays).toBe(7);
  });

  test('gone, with the days it was known; a port more is worse', () => {
    const { delta } = follow(
      run(1, [pacs], [finding('D05', '192.0.2.10', 'exposed', { port: 104 }), finding('D01', '192.0.2.10')]),
      run(4, [pacs], [finding('D05', '192.0.2.10', 'exposed', { port: 104 }), finding('D01', '192.0.2.10')]),
      run(
        8,
        [pacs],
        [
          finding('D05', '192.0.2.10', 'exposed', { port: 104 }),
          finding('D05', '192.0.2.10', 'exposed', { port: 11112 }),
          finding('D01', '192.0.2.10', 'protected'),
        ],
      ),
    );
    expect(brief(delta).sort()).toEqual(['gone finding D01 192.0.2.10', 'worse port D05 192.0.2.10 11112']);
    expect(delta.items.find(({ id }) => id === 'D01')?.daysOpen).toBe(3);
  });

  test('what could not be decided once is neither gone nor, the next time, new', () => {
    const open = [finding('D05', '192.0.2.10', 'exposed', { port: 104 })];
    const undecided = [finding('D05', '192.0.2.10', 'inconclusive', { port: 104 })];
    const first = run(1, [pacs], open);
    const second = run(2, [pacs], undecided);
    expect(follow(first, second).delta).toMatchObject({ items: [], counts: { undecided: 1 } });
    const third = follow(first, second, run(3, [pacs], open));
    expect(third.delta.items).toEqual([]);
    expect(third.knowledge.exposures).toMatchObject([{ firstSeen: day(1), lastSeen: day(3) }]);
    const closed = run(4, [pacs], [finding('D05', '192.0.2.10', 'protected', { port: 104 })]);
    expect(brief(follow(first, second, closed).delta)).toEqual(['gone finding D05 192.0.2.10 104']);
  });

  test('one of two ports undecided once is not worse the next time', () => {
    const on = (port: number, outcome: 'exposed' | 'inconclusive'): Finding =>
      finding('D05', '192.0.2.10', outcome, { port });
    const both = [on(104, 'exposed'), on(11112, 'exposed')];
    const { delta } = follow(
      run(1, [pacs], both),
      run(2, [pacs], [on(104, 'exposed'), on(11112, 'inconclusive')]),
      run(3, [pacs], both),
    );
    expect(delta.items).toEqual([]);
  });

  test('an access class is worse with a new finding, and does not come back as news after an undecided check', () => {
    const greeting = finding('D01', '192.0.2.10');
    const open = { ...pacs, accessClasses: ['A1', 'A3'] as const };
    const opened = follow(
      run(1, [pacs], [greeting]),
      run(2, [open], [greeting, finding('D05', '192.0.2.10')]),
    );
    expect(brief(opened.delta)).toEqual(
      expect.arrayContaining(['new finding D05 192.0.2.10', 'worse access-class A3 192.0.2.10']),
    );
    const back = follow(
      run(1, [open], [greeting, finding('D05', '192.0.2.10')]),
      run(2, [pacs], [greeting, finding('D05', '192.0.2.10', 'inconclusive')]),
      run(3, [open], [greeting, finding('D05', '192.0.2.10')]),
    );
    expect(back.delta.items).toEqual([]);
  });

  test('a vulnerability that came to be known is worse; a product that was silent once has not lost its own', () => {
    const named = (ids: string[]): SystemRecord => ({
      ...pacs,
      product: { name: 'Orthanc', version: '1.12.0', confidence: 'named', signs: [] },
      vulnerabilities: ids.map((id) => ({ id, title: 'overflow', potential: true, score: 9.8 })),
    });
    const { delta } = follow(
      run(1, [named(['CVE-1'])], []),
      run(2, [pacs], []),
      run(3, [named(['CVE-1', 'CVE-2'])], []),
    );
    expect(brief(delta)).toEqual(['worse vulnerability CVE-2 192.0.2.10']);
  });

  test('an interrupted run and another scope are said', () => {
    const other = { scope: { ...report([]).scope, hash: 'cd'.repeat(32) } };
    expect(follow(run(1, [pacs], []), run(2, [pacs], [], other)).delta.isSameScope).toBe(false);
  });
});

describe('the alert', () => {
  const north = system('192.0.2.10', { owner: 'Clinic North', hostName: 'pacs.north.example' });
  const south = system('192.0.2.20', { owner: 'Clinic South', hostName: 'pacs.south.example' });
  const before = advance(undefined, run(1, [north, south], [finding('D01', '192.0.2.20')]), sampleMetas);
  const after = run(
    8,
    [north, south],
    [
      finding('D05', '192.0.2.10', 'exposed', { port: 104, evidence: { calledAETitle: 'NORTHPACS' } }),
      finding('D01', '192.0.2.20', 'protected'),
    ],
  );
  const head = { run: 2, due: day(8), started: day(8), ended: day(8), owner: 'Clinic', audience: 'full' };
  const alarms = { alarms: new Set(['new', 'worse', 'gone'] as const), severityMin: 'none' } as const;
  const message = (audience: Parameters<typeof deltaFor>[2]): { all: string; items: number } => {
    const delta = deltaFor(before, after, audience, options);
    const items = alarming(delta, alarms);
    const { subject, text, json } = changesMessage(
      { ...head, owner: '-', audience: typeof audience === 'string' ? audience : audience.owner },
      delta,
      items,
    );
    return { all: `${subject}\n${text}\n${json}`, items: items.length };
  };

  test('for whoever runs the watch: what, where, whose', () => {
    const { all, items } = message('full');
    expect(items).toBe(2);
    expect(all).toContain('1 new, 1 gone');
    expect(all).toMatch(/192\.0\.2\.10:104 \(pacs\.north\.example\), Clinic North/);
    expect(all).toMatch(/GONE \(1\)[^]*192\.0\.2\.20 .*known for 0 days/);
  });

  test('for the public: no address, no name, in no form of it', () => {
    const { all, items } = message('public');
    expect(items).toBe(2);
    expect(all).not.toMatch(/192\.0\.2|north|south|NORTHPACS|Clinic/i);
    expect(all).toMatch(/system-[0-9a-f]{12}/);
  });

  test('for an owner: nothing of others', () => {
    const { all, items } = message({ owner: 'Clinic South' });
    expect(items).toBe(1);
    expect(all).toContain('192.0.2.20');
    expect(all).not.toMatch(/192\.0\.2\.10|north|NORTHPACS/i);
  });

  test('less bad than asked for, or of another kind: nothing is told', () => {
    const delta = deltaFor(before, after, 'full', options);
    expect(alarming(delta, { ...alarms, severityMin: 'critical' })).toEqual([]);
    expect(alarming(delta, { ...alarms, alarms: new Set(['worse']) })).toEqual([]);
  });

  test('a name that would drive a terminal or add a mail header is made visible', () => {
    const odd = system('192.0.2.10', { hostName: 'x\r\nBcc: y\u001b[2J' });
    const delta = deltaFor(undefined, run(1, [odd], [finding('D05', '192.0.2.10')]), 'full', options);
    const { subject, text } = changesMessage({ ...head, owner: 'C\r\nBcc: z' }, delta, delta.items);
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text).not.toMatch(/\r|\u001b|^Bcc/m);
  });
});
