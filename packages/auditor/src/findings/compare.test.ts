import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, findingKey } from './index.ts';
import { finding, report, system } from './testing/small-report.ts';
import type { Outcome } from './index.ts';

const before = { started: '2025-11-10T07:00:00Z', ended: '2025-11-10T08:00:00Z' };
const then = { at: '2025-11-10T07:30:00Z' };
const open = { accessClasses: ['A1', 'A3'] as const };

describe('T2, what changed', () => {
  test('by system: new, gone (closed or silent), unchanged', () => {
    const { systemsOpen, total, byCountry } = compare(
      report(
        [
          system('10.0.0.1', open),
          system('10.0.0.2', open),
          system('10.0.0.3', open),
          system('10.0.0.4', { country: 'FR' }),
        ],
        [],
        before,
      ),
      report([
        system('10.0.0.1', open),
        system('10.0.0.2', { accessClasses: ['A1'] }),
        system('10.0.0.4', { ...open, country: 'FR' }),
      ]),
    );
    expect(systemsOpen).toEqual({ new: 1, gone: 2, unchanged: 1, unknown: 0 });
    expect(total.verdict).toBe('good');
    expect(byCountry.map(({ place, verdict }) => [place, verdict])).toEqual([
      ['DE', 'good'],
      ['FR', 'ugly'],
    ]);
  });

  test('by system and check, whatever the port: closed when no port is exposed any more', () => {
    const { findings, changes } = compare(
      report(
        [system('10.0.0.1', open)],
        [
          finding('D05', '10.0.0.1', 'exposed', { ...then, port: 104 }),
          finding('D05', '10.0.0.1', 'exposed', { ...then, port: 11112 }),
          finding('D06', '10.0.0.1', 'exposed', then),
        ],
        before,
      ),
      report(
        [system('10.0.0.1', open)],
        [
          finding('D05', '10.0.0.1', 'protected', { port: 104 }),
          finding('D05', '10.0.0.1', 'exposed', { port: 11112 }),
          finding('D06', '10.0.0.1', 'protected'),
          finding('D11', '10.0.0.1'),
        ],
      ),
    );
    expect(findings).toEqual({ new: 1, gone: 1, unchanged: 1, unknown: 0 });
    expect(changes.map(({ check, change, daysOpen }) => [check, change, daysOpen])).toEqual([
      ['D05', 'unchanged', 66],
      ['D06', 'gone', 0],
      ['D11', 'new', 0],
    ]);
  });

  test.each<Outcome>(['inconclusive', 'error'])('an answer that is %s closes nothing', (outcome) => {
    const { findings, systemsOpen } = compare(
      report([system('10.0.0.1', open)], [finding('D05', '10.0.0.1', 'exposed', then)], before),
      report([system('10.0.0.1')], [finding('D05', '10.0.0.1', outcome)]),
    );
    expect(systemsOpen).toEqual({ new: 0, gone: 0, unchanged: 0, unknown: 1 });
    expect(findings).toEqual({ new: 0, gone: 0, unchanged: 0, unknown: 1 });
  });

  test('what an interrupted run did not reach is unknown, not gone', () => {
    const { systemsOpen, findings } = compare(
      report([system('10.0.0.1', open)], [finding('D05', '10.0.0.1', 'exposed', then)], before),
      report([], [], { complete: false }),
    );
    expect(systemsOpen.unknown).toBe(1);
    expect(findings.unknown).toBe(1);
  });

  test('a history knows longer: days open count from when it was first seen', () => {
    const known = new Map([[findingKey(finding('D05', '10.0.0.1')), '2025-01-15T08:00:00Z']]);
    const { changes, total } = compare(
      report([system('10.0.0.1', open)], [finding('D05', '10.0.0.1', 'exposed', then)], before),
      report([system('10.0.0.1', open)], [finding('D05', '10.0.0.1')]),
      known,
    );
    expect(changes[0]?.daysOpen).toBe(365);
    expect(total.daysOpenMax).toBe(365);
  });

  test('another scope is said', () => {
    const other = report([], [], { scope: { ...report([]).scope, hash: 'cd'.repeat(32) } });
    expect(compare(report([]), other).isSameScope).toBe(false);
  });

  test('every exposure of either run has exactly one change, and swapping the runs swaps new and gone', () => {
    const keys = fc.uniqueArray(fc.tuple(fc.constantFrom('D05', 'D06', 'S01'), fc.nat({ max: 9 })), {
      selector: ([check, host]) => `${check} ${host}`,
    });
    const reportOf = (list: readonly (readonly [string, number])[]) =>
      report(
        Array.from({ length: 10 }, (_, host) => system(`10.0.0.${host}`, open)),
        list.map(([check, host]) => finding(check, `10.0.0.${host}`)),
      );
    fc.assert(
      fc.property(keys, keys, (left, right) => {
        const forward = compare(reportOf(left), reportOf(right)).findings;
        const backward = compare(reportOf(right), reportOf(left)).findings;
        const union = new Set([...left, ...right].map(([check, host]) => `${check} ${host}`));
        expect(forward.new + forward.gone + forward.unchanged + forward.unknown).toBe(union.size);
        expect([forward.new, forward.gone, forward.unchanged]).toEqual([
          backward.gone,
          backward.new,
          backward.unchanged,
        ]);
      }),
    );
  });
});
