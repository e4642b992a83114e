import { describe, expect, test } from 'vitest';
import { lastLine, summarise } from './report-tests.ts';
import type { TestReport } from './report-tests.ts';

const allWell = [
  { name: 'check', exitStatus: 0 },
  { name: 'vitest', exitStatus: 0 },
];

function reportOf(
  statuses: readonly string[],
  options: { fileStatus?: string; titles?: string[] } = {},
): TestReport {
  const assertionResults = statuses.map((status) => ({
    status,
    title: 'does it',
    ancestorTitles: options.titles ?? [],
  }));
  const status = options.fileStatus ?? (statuses.includes('failed') ? 'failed' : 'passed');
  return { testResults: [{ name: 'a.test.ts', status, assertionResults }] };
}

describe('the last lines of npm test', () => {
  test('say how many passed and failed, and nothing of skipped ones when there are none', () => {
    expect(lastLine(summarise(reportOf(['passed', 'passed']), allWell))).toBe('2 passed, 0 failed');
  });

  test('name each reason for skipping once, with the number of tests it took', () => {
    const titles = ['C-STORE from dcmtk (skipped: storescu is not installed)'];
    const summary = summarise(reportOf(['passed', 'skipped', 'pending'], { titles }), allWell);
    expect(lastLine(summary)).toBe('1 passed, 0 failed, 2 skipped');
    expect(summary.notes).toEqual([
      'skipped (2 tests): C-STORE from dcmtk (skipped: storescu is not installed)',
    ]);
  });

  test('count a step that failed, a file that does not load and an error outside the tests as failures', () => {
    const failed = (report: TestReport | undefined, check: number, vitest: number): number =>
      summarise(report, [
        { name: 'check', exitStatus: check },
        { name: 'vitest', exitStatus: vitest },
      ]).failed;
    expect(failed(reportOf(['passed']), 2, 0)).toBe(1);
    expect(failed(reportOf(['passed']), 0, 1)).toBe(1);
    expect(failed(reportOf(['passed'], { fileStatus: 'failed' }), 0, 1)).toBe(1);
    expect(failed(reportOf(['passed', 'failed']), 0, 1)).toBe(1);
  });

  test('call it a failure when no test ran or no report was left', () => {
    expect(summarise({ testResults: [] }, allWell).failed).toBe(1);
    expect(summarise(reportOf(['skipped']), allWell).failed).toBe(1);
    expect(summarise(undefined, allWell).failed).toBe(1);
  });
});
