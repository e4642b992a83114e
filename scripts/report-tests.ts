/**
 * The end of `npm test`: which tests were skipped and why, then, alone on the last line, how many passed and
 * failed. Usage: node scripts/report-tests.ts RESULTS.json [STEP=EXIT_STATUS...]
 * Exit status 1 when a test or a step failed, or when no test ran.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Skipped tests named one by one; more are counted: `-t` skips all it does not name. */
const SKIPPED_LISTED_MAX = 40;

/** What of vitest's JSON report (that of Jest) is used. */
export interface TestReport {
  readonly testResults: readonly TestFileResult[];
}

export interface TestFileResult {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly title: string;
    readonly ancestorTitles: readonly string[];
  }[];
}

export interface Step {
  readonly name: string;
  readonly exitStatus: number;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What to tell before the last line. */
  readonly notes: readonly string[];
}

/** Counts tests; what failed without being a test (a file that does not load, a step) counts as one failure. */
export function summarise(report: TestReport | undefined, steps: readonly Step[]): Summary {
  const notes: string[] = [];
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  let failed = tests.filter(({ status }) => status === 'failed').length;
  const fail = (why: string): void => {
    failed += 1;
    notes.push(`FAILED: ${why}`);
  };
  for (const file of files) {
    const failedInside = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !failedInside) fail(`${file.name} could not be run to its end`);
  }
  if (report === undefined) fail('the test run left no report');
  else if (passed + failed === 0) fail('no test ran');
  for (const { name, exitStatus } of steps) {
    // vitest's own status says no more than its tests do, unless they all passed: then an error happened outside them.
    if (exitStatus === 0 || (name === 'vitest' && failed > 0)) continue;
    fail(`${name} ended with exit status ${exitStatus}; see its output above`);
  }
  const skipped = tests.length - passed - tests.filter(({ status }) => status === 'failed').length;
  return { passed, failed, skipped, notes: [...skippedNotes(files), ...notes] };
}

/** One line for each reason, with the number of tests it took. A title says why: `... (skipped: reason)`. */
function skippedNotes(files: readonly TestFileResult[]): string[] {
  const counts = new Map<string, number>();
  for (const { assertionResults } of files) {
    for (const { status, title, ancestorTitles } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const path = [...ancestorTitles, title];
      const reasoned = path.find((part) => part.includes('skipped: '));
      const what = reasoned ?? path.join(' > ');
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  const lines = [...counts].map(([what, count]) => `skipped${count > 1 ? ` (${count} tests)` : ''}: ${what}`);
  const more = lines.length - SKIPPED_LISTED_MAX;
  return more > 0 ? [...lines.slice(0, SKIPPED_LISTED_MAX), `skipped: ${more} more`] : lines;
}

export function lastLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function readReport(file: string): TestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const [file = '', ...rest] = parseArgs({ allowPositionals: true }).positionals;
  const steps = rest.map((text) => {
    const [name = '', exitStatus = ''] = text.split('=');
    return { name, exitStatus: Number(exitStatus) };
  });
  const summary = summarise(readReport(file), steps);
  console.log(['', ...summary.notes, lastLine(summary)].join('\n'));
  process.exitCode = summary.failed > 0 ? 1 : 0;
}
