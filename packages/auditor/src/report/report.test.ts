import { describe, expect, test } from 'vitest';
import { exposureTable, parseScanReport } from '../findings/index.ts';
import { exactly, finding, report, system } from '../findings/testing/small-report.ts';
import { compareReports } from './compare-report.ts';
import { estimateCost, lawOf, roundToTwoDigits } from './cost-estimate.ts';
import { actionsOf, exposuresOf, metaById } from './exposures.ts';
import { productSteps } from './fixes/product-fixes.ts';
import { renderHtml } from './html/render-html.ts';
import { steps } from './html/elements.ts';
import { markdownSummary, terminalSummary } from './text-report.ts';
import { attacks, hostileReport } from './testing/hostile-report.ts';
import { sampleMetas } from './testing/sample-metas.ts';
import { sampleReport, study2019 } from './testing/sample-study.ts';
import { reference } from './texts/reference-codes.ts';

const metas = sampleMetas;

describe('the study of 2019, planted', () => {
  const study = sampleReport();
  const table = exposureTable(study);
  const rowOf = (place: string) => table.byCountry.find((row) => row.place === place);

  test('T1 is exact to the last image', () => {
    expect(table.total).toEqual({
      place: 'Total',
      systems: 2_300,
      open: 590,
      studies: exactly(24_300_000),
      images: exactly(737_000_000),
      retrievableImages: exactly(399_500_000),
      honeypots: 0,
    });
    expect(table.byCountry).toHaveLength(52);
    expect(rowOf('US')).toMatchObject({
      open: 187,
      studies: exactly(13_700_000),
      images: exactly(303_100_000),
      retrievableImages: exactly(45_800_000),
    });
    expect(rowOf('TR')).toMatchObject({
      open: 36,
      studies: exactly(4_924_141),
      images: exactly(179_533_940),
      retrievableImages: exactly(178_283_858),
    });
    for (const planted of study2019) expect(rowOf(planted.country)?.open, planted.country).toBe(planted.open);
  });

  test('it is read back as it was written', () => {
    expect(parseScanReport(new TextEncoder().encode(JSON.stringify(study)))).toEqual(study);
  });

  test('T2 after a planted change of 129 new and 172 gone is exact', () => {
    const isGone = new Set(openIndexes(study).slice(0, 172));
    const isNew = new Set(closedIndexes(study).slice(0, 129));
    const later = sampleReport(study2019, {
      ended: '2026-03-16T08:00:00.000Z',
      change: (one, index) => {
        if (isGone.has(index)) return { ...one, accessClasses: ['A1'], counts: {} };
        return isNew.has(index) ? { ...one, accessClasses: ['A1', 'A2', 'A3'] } : one;
      },
    });
    const { comparison, text } = compareReports(study, later, { metas });
    expect(comparison.systemsOpen).toEqual({ new: 129, gone: 172, unchanged: 590 - 172, unknown: 0 });
    expect(comparison.total.daysOpenMax).toBe(60);
    expect(text).toContain('129 systems newly open, 172 closed or gone, 418 still open.');
  });
});

function openIndexes({ systems }: ReturnType<typeof sampleReport>): number[] {
  return systems.flatMap(({ accessClasses }, index) => (accessClasses.includes('A3') ? index : []));
}

function closedIndexes({ systems }: ReturnType<typeof sampleReport>): number[] {
  return systems.flatMap(({ accessClasses }, index) => (accessClasses.includes('A3') ? [] : index));
}

describe('comparison', () => {
  test('as page, text and data; a changed scope is said first', () => {
    const before = report([system('10.0.0.1', { accessClasses: ['A3'] })], [finding('D05', '10.0.0.1')]);
    const after = report([system('10.0.0.1')], [finding('D05', '10.0.0.1', 'protected')], {
      scope: { ...before.scope, hash: 'ff' },
    });
    const { html, text, json, csv } = compareReports(before, after, { metas });
    for (const shown of [html, text]) expect(shown).toContain('The two runs had different scopes');
    expect(JSON.parse(json)).toMatchObject({ format: 'leadglass-auditor-comparison', findings: { gone: 1 } });
    expect(csv).toContain('DE,0,1,0,0,0,good\r\n');
    const again = renderHtml(after, {
      metas,
      comparison: compareReports(before, after, { metas }).comparison,
    });
    expect(again).toContain('good: more closed than opened');
  });
});

describe('summaries', () => {
  test.each(attacks)(
    'no text reaches the terminal as a command, nor Markdown as HTML or link: %j',
    (attack) => {
      const text = terminalSummary(hostileReport(attack), metas);
      expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
      const markdown = markdownSummary(hostileReport(attack), metas);
      expect(markdown).not.toMatch(/[<>]|(?<!\\)\]\(|(?<!\\)!\[/);
      for (const line of markdown.split('\n').filter((row) => row.startsWith('| '))) {
        expect([4, 5, 7]).toContain(line.match(/(?<!\\)\|/g)?.length);
      }
    },
  );

  test('nothing found is said plainly', () => {
    expect(terminalSummary(report([]), metas)).toContain(
      'No image archive was found, and nothing was found open.',
    );
  });
});

test('what to do first: the fix for the worst finding, then the one that closes the most systems', () => {
  const exposures = exposuresOf(
    [
      finding('W07', '10.0.0.1'),
      finding('D05', '10.0.0.1'),
      finding('D05', '10.0.0.2'),
      finding('D25', '10.0.0.3'),
    ],
    metaById(metas),
  );
  expect(actionsOf(exposures).map(({ fix, systems, score }) => [fix, systems, score])).toEqual([
    ['F4', 1, 9.8],
    ['F2', 2, 7.5],
    ['F3', 2, 7.5],
  ]);
});

describe('cost estimate', () => {
  test('gives ranges of two digits from what was counted, with assumptions beside them', () => {
    const estimate = estimateCost(
      report([
        system('10.0.0.1', {
          accessClasses: ['A3'],
          counts: { studies: { value: 12_345, isLowerBound: true } },
        }),
        system('10.0.0.2', { country: 'US', counts: { studies: exactly(99) } }),
      ]),
    );
    expect(estimate.people).toEqual({ from: 2_500, to: 12_000, isOpenEnded: true });
    expect(estimate.notification).toEqual({ from: 2_500, to: 120_000, isOpenEnded: true });
    // Only where something is open.
    expect(estimate.laws).toEqual(['GDPR']);
    expect(estimate.assumptions.length).toBeGreaterThan(3);
  });

  test('laws by country; what is not known is not guessed', () => {
    expect(['DE', 'NO', 'GB', 'US', 'BR', 'xx', undefined].map(lawOf)).toEqual([
      'GDPR',
      'GDPR',
      'UK GDPR',
      'HIPAA',
      'other',
      'other',
      'other',
    ]);
    expect([7, 99, 149, 4_924_141].map(roundToTwoDigits)).toEqual([7, 99, 150, 4_900_000]);
  });
});

describe('texts', () => {
  test.each([
    ['Ha', 'HIPAA', /164\.312\(a\)/],
    ['I8.22', 'ISO/IEC 27001:2022', /8\.22: segregation of networks/],
    ['C12', 'CIS Controls v8', /Control 12/],
    ['N(j)', 'NIS2', /21\(2\)\(j\)/],
    ['G5(1)f', 'GDPR', /5\(1\)\(f\)/],
    ['PR.AC-5', 'NIST SP 1800-24 (CSF 1.1)', /PR\.AC-5/],
    ['B12', 'PS3.15', /B\.12/],
    ['CWE-22', 'CWE', /path traversal/],
    ['something new', 'other', /something new/],
  ])('reference %s is spelled out', (code, source, text) => {
    expect(reference(code)).toMatchObject({ code, source });
    expect(reference(code).text).toMatch(text);
  });

  test('steps are read from lines or numbers, and one sentence is one step', () => {
    expect(steps('1. Close it.\n2. Look again.')).toEqual(['Close it.', 'Look again.']);
    expect(steps('1. Close it. 2. Look again.')).toEqual(['Close it.', 'Look again.']);
    expect(steps('Use TLS 1.2 or 1.3 and nothing else.')).toEqual(['Use TLS 1.2 or 1.3 and nothing else.']);
    expect(steps('')).toEqual([]);
  });

  test('a product’s steps are those for what was found, and none for a product nobody knows', () => {
    expect(productSteps('Orthanc', new Set(['D05'])).join(' ')).toContain('DicomAlwaysAllowFind');
    expect(productSteps('Orthanc', new Set(['D05'])).join(' ')).not.toContain('AuthenticationEnabled');
    expect(productSteps('dcm4chee-arc', new Set(['W01'])).join(' ')).toContain('changeit');
    expect(productSteps('Something', new Set(['D05']))).toEqual([]);
    expect(productSteps(undefined, new Set(['D05']))).toEqual([]);
  });
});
