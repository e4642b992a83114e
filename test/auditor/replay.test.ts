import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessClassText, compare, exposureTable } from '../../packages/auditor/src/findings/index.ts';
import { Scope } from '../support/scope.ts';
import { type AuditRun, runAudit, runAuditor } from './audit.ts';
import { DICOM_PORT, DICOM_TLS_PORT, Fleet, WEB_PORT } from './fleet.ts';
import {
  countries,
  plantedAfter,
  plantedBefore,
  type PlantedSystem,
  STUDY_CHANGE,
  STUDY_TOTALS,
} from './study-2019.ts';

const scope = new Scope();
afterAll(() => scope.close());

/** The bar for a whole run, MiB of resident memory. */
const MEMORY_MAX_MIB = 300;
const RUN_TIMEOUT_MS = 600_000;

const scopeText = {
  ranges: countries.map(({ cidr, country }) => ({ cidr, country })),
  ports: [DICOM_PORT, DICOM_TLS_PORT, WEB_PORT],
  optIns: ['counting'],
};

/** What the auditor shall find a planted system to be. */
function expectedClasses({ form, isRetrievable, isWritable }: PlantedSystem): string {
  const write = isWritable ? ' W' : '';
  switch (form) {
    case 'open':
      return `A1 A2 A3 A4${isRetrievable ? ' A5' : ''}${write} H`;
    case 'viewer':
      return 'H';
    case 'rejects':
    case 'checks-called':
    case 'checks-calling':
      return 'A1';
    case 'refuses-queries':
    case 'aborts-queries':
      return `A1 A2${write}`;
    case 'needs-certificate':
    case 'honeypot':
    case 'absent':
      return '';
  }
}

/** Whether it is a system in the sense of T1: it speaks DICOM, or is a web door of an archive, and is no trap. */
const isSystem = ({ form }: PlantedSystem): boolean =>
  !['absent', 'honeypot', 'needs-certificate'].includes(form);

const sum = (list: readonly PlantedSystem[], value: (system: PlantedSystem) => number): number =>
  list.reduce((total, system) => total + value(system), 0);

/** The planted T1 as the CSV of the report says it, in the order of the countries' names. */
function plantedRows(planted: readonly PlantedSystem[]): string[] {
  const rowOf = (by: string, place: string, systems: readonly PlantedSystem[]): string => {
    const open = systems.filter(({ form }) => form === 'open');
    return [
      by,
      place,
      systems.filter(isSystem).length,
      open.length,
      sum(open, ({ studies }) => studies),
      false,
      sum(open, ({ images }) => images),
      false,
      sum(open, ({ images, isRetrievable }) => (isRetrievable ? images : 0)),
      false,
      systems.filter(({ form }) => form === 'honeypot').length,
    ].join(',');
  };
  const rows = countries.map(({ country }) =>
    rowOf(
      'country',
      country,
      planted.filter((system) => system.country === country),
    ),
  );
  return [...rows.sort(), rowOf('total', 'Total', planted)];
}

/** Country rows, sorted, and the total of a T1.csv. */
function printedRows({ folder }: AuditRun): string[] {
  const lines = readFileSync(join(folder, 'T1.csv'), 'utf8').trimEnd().split('\r\n');
  return [
    ...lines.filter((line) => line.startsWith('country,')).sort(),
    ...lines.filter((line) => line.startsWith('total,')),
  ];
}

function say(title: string, { seconds, cpuSeconds, peakMiB, report }: AuditRun): void {
  const { addresses, responding } = report.scanned;
  process.stderr.write(
    `${title}: ${addresses} addresses, ${responding} systems, ${report.findings.length} findings in ` +
      `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time), ${peakMiB.toFixed(0)} MiB\n`,
  );
}

function expectClasses(run: AuditRun, planted: readonly PlantedSystem[]): void {
  const found = run.report.systems.map(({ address, accessClasses, isHoneypot }): [string, string] => [
    address,
    isHoneypot ? 'honeypot' : accessClassText(accessClasses),
  ]);
  const expected = planted
    .filter(({ form }) => form !== 'absent')
    .map((system): [string, string] => [
      system.address,
      system.form === 'honeypot' ? 'honeypot' : expectedClasses(system),
    ]);
  const wrong = new Map(expected);
  for (const [address, classes] of found) {
    if (wrong.get(address) === classes) wrong.delete(address);
    else wrong.set(address, `${wrong.get(address) ?? 'nothing'}, found: ${classes}`);
  }
  expect([...wrong]).toEqual([]);
}

describe('the study of 2019, replayed', () => {
  const before = plantedBefore();
  const after = plantedAfter(before);
  let fleet: Fleet;
  let first: AuditRun;

  beforeAll(async () => {
    fleet = await Fleet.start(scope);
    first = await runAudit(scope, scopeText);
    say('the study of 2019', first);
  }, RUN_TIMEOUT_MS);

  test('what is planted is what was published', () => {
    const open = before.filter(({ form }) => form === 'open');
    expect({
      systems: fleet.listening,
      open: open.length,
      countries: new Set(open.map(({ country }) => country)).size,
      viewers: before.filter(({ form }) => form === 'viewer').length,
      studies: sum(open, ({ studies }) => studies),
      images: sum(open, ({ images }) => images),
      retrievableImages: sum(open, ({ images, isRetrievable }) => (isRetrievable ? images : 0)),
    }).toEqual(STUDY_TOTALS);
  });

  test('the run is complete, and prints exactly the planted T1', () => {
    expect(first).toMatchObject({ code: 0, report: { complete: true } });
    expect(printedRows(first)).toEqual(plantedRows(before));
    const line = (place: string, ...numbers: string[]): RegExp =>
      new RegExp(`^${place} +${numbers.join(' +')}$`, 'm');
    const total = exposureTable(first.report).total.systems.toLocaleString('en-US');
    expect(first.stdout).toMatch(line('Total', total, '590', '24,300,000', '737,000,000', '399,500,000'));
    expect(first.stdout).toMatch(
      line('United States \\(US\\)', '\\d+', '187', '13,700,000', '303,100,000', '45,800,000'),
    );
    expect(first.stdout).toMatch(
      line('Türkiye \\(TR\\)', '\\d+', '36', '4,924,141', '179,533,940', '178,283,858'),
    );
  });

  test('every system has exactly its access classes, and every trap is known as one', () => {
    expectClasses(first, before);
  });

  test('it took less memory than it may', () => {
    expect(first.peakMiB).toBeLessThan(MEMORY_MAX_MIB);
  });

  test(
    'sixty days later: 129 new, 172 gone, and exactly those, as T2 prints them',
    async () => {
      await fleet.later();
      const second = await runAudit(scope, scopeText);
      say('sixty days later', second);
      expectClasses(second, after);
      const comparison = compare(first.report, second.report);
      const unchanged = STUDY_TOTALS.open - STUDY_CHANGE.gone;
      expect(comparison.total).toMatchObject({ new: 129, gone: 172, unchanged, unknown: 0 });
      const isOpen = (list: readonly PlantedSystem[]): string[] =>
        list.filter(({ form }) => form === 'open').map(({ address }) => address);
      const [then, now] = [new Set(isOpen(before)), new Set(isOpen(after))];
      const addressesOf = (change: string): string[] =>
        comparison.openSystems.filter((one) => one.change === change).map(({ system }) => system);
      expect(addressesOf('new').sort()).toEqual([...now].filter((one) => !then.has(one)).sort());
      expect(addressesOf('gone').sort()).toEqual([...then].filter((one) => !now.has(one)).sort());
      // Nine countries are new in the table, eleven are clean.
      const rows = comparison.byCountry;
      expect(rows.filter((row) => row.new > 0 && row.gone + row.unchanged === 0)).toHaveLength(
        STUDY_CHANGE.countriesNew,
      );
      expect(rows.filter((row) => row.gone > 0 && row.new + row.unchanged === 0)).toHaveLength(
        STUDY_CHANGE.countriesClean,
      );
      const files = [first, second].map(({ folder }) => join(folder, 'findings.json'));
      const out = scope.folder('compared');
      const printed = await runAuditor(scope, ['compare', ...files, '--out', out]);
      expect(printed.code).toBe(0);
      expect(readFileSync(join(out, 'T2.csv'), 'utf8')).toContain(`\r\nTotal,129,172,${unchanged},0,`);
      expect(second.peakMiB).toBeLessThan(MEMORY_MAX_MIB);
    },
    RUN_TIMEOUT_MS,
  );
});
