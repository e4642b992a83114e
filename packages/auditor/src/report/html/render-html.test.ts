import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare } from '../../findings/index.ts';
import { atLeast, finding, report, system } from '../../findings/testing/small-report.ts';
import { compareReports } from '../compare-report.ts';
import { letterFiles } from '../letters/write-letters.ts';
import { attacks, hostileReport } from '../testing/hostile-report.ts';
import { sampleMetas } from '../testing/sample-metas.ts';
import { sampleReport } from '../testing/sample-study.ts';
import { renderHtml } from './render-html.ts';
import type { ScanReport } from '../../findings/index.ts';

const metas = sampleMetas;

/** Every tag of a page, comments and all. What the page is made of is a closed list. */
function tagsOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

const knownTags =
  /^<(?:!DOCTYPE html|\/?(?:html|head|body|header|main|footer|section|nav|div|span|p|h[1-4]|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tr|th|td|details|summary|a|b|abbr|svg|rect|style|title|meta|br)(?: [a-zA-Z-]+="[^"<>]*"| open| class="hidden")*\/?)>$/;

function allPages(hostile: ScanReport): string[] {
  const html = renderHtml(hostile, {
    metas,
    comparison: compare(hostile, hostile),
    audienceNote: hostile.scope.owner,
  });
  const letters = [...letterFiles(hostile, { metas })].filter(([name]) => name.endsWith('.html'));
  return [html, compareReports(hostile, hostile, { metas }).html, ...letters.map(([, content]) => content)];
}

function expectHarmless(html: string): void {
  for (const tag of tagsOf(html)) expect(tag).toMatch(knownTags);
  for (const tag of tagsOf(html)) {
    const names = tag.replace(/"[^"]*"/g, '""');
    expect(names).not.toMatch(/ (?:on[a-z]+|src|style|action)=/i);
    const href = / href="([^"]*)"/.exec(tag)?.[1];
    if (href !== undefined) expect(href).toMatch(/^#[A-Za-z0-9-]+$/);
  }
  expect(html.match(/<style>/g)).toHaveLength(1);
  // Nothing that cannot be seen, and nothing that turns text round.
  expect(html).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
}

describe('report.html', () => {
  test.each(attacks)('stays text, wherever a stranger can put it: %j', (attack) => {
    for (const html of allPages(hostileReport(attack))) expectHarmless(html);
  });

  test('so does any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expectHarmless(renderHtml(hostileReport(text), { metas }));
      }),
      { numRuns: 50 },
    );
  });

  test('needs no other resource and forbids all: its policy allows its own style sheet by hash and nothing else', () => {
    const html = renderHtml(sampleReport(), { metas });
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(html)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]+=*'; base-uri 'none'; form-action 'none'$/,
    );
    expect(html).not.toMatch(/<script|<link|<img|<iframe|<form|@import|url\(|https?:\/\//i);
    // The policy counts only for what stands after it.
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  });

  test('the replayed study renders in time and memory', () => {
    const study = sampleReport();
    const heapBefore = process.memoryUsage().heapUsed;
    const start = performance.now();
    const html = renderHtml(study, { metas });
    const milliseconds = performance.now() - start;
    const megabytes = html.length / 1e6;
    const heap = (process.memoryUsage().heapUsed - heapBefore) / 1e6;
    console.log(
      `2,300 systems, ${study.findings.length} findings: ${milliseconds.toFixed(0)} ms, page ${megabytes.toFixed(1)} MB, heap +${heap.toFixed(0)} MB`,
    );
    expect(milliseconds).toBeLessThan(5_000);
    expect(megabytes).toBeLessThan(10);
    expect(heap).toBeLessThan(300);
    expect(html).toContain('590 of 2,300 image archives answer the questions of any stranger.');
  });

  test('a national scan does not grow the page without end: it says what was left out', () => {
    const systems = Array.from({ length: 30_000 }, (_, index) =>
      system(`10.${index >> 8}.${index & 255}.1`, {
        accessClasses: ['A1', 'A3'],
        owner: `Owner ${index % 700}`,
      }),
    );
    const findings = systems.map(({ address }) => finding('D05', address));
    const html = renderHtml(report(systems, findings), { metas });
    expect(html.length).toBeLessThan(20e6);
    expect(html).toContain('(27,000 more in findings.json)');
    expect(html).toContain('10,000 findings did not fit on this page');
  });

  test('says first what is open, how bad, and what to do', () => {
    const html = renderHtml(
      report(
        [
          system('10.0.0.1', {
            accessClasses: ['A1', 'A2', 'A3', 'A4'],
            counts: { studies: atLeast(1_000) },
            product: { name: 'Orthanc', version: '1.11.0', confidence: 'named', signs: [] },
          }),
        ],
        [finding('D05', '10.0.0.1', 'exposed', { evidence: { status: '0000' } }), finding('W07', '10.0.0.1')],
      ),
      { metas },
    );
    expect(html).toContain(
      '1 of 1 image archive answers the questions of any stranger. They hold ≥ 1,000 study records.',
    );
    const order = ['≥ 1,000', 'Within the hour', 'id="T1"', 'id="systems"', 'id="owners"', 'id="cost"'].map(
      (text) => html.indexOf(text),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    // Steps of the product that was found, and the law's own words.
    expect(html).toContain('DicomAlwaysAllowFind');
    expect(html).toContain('45 CFR 164.312(a): access control');
    expect(html).toContain('72 hours');
  });

  test('says so when nothing is open, when a run is incomplete, when answers are missing', () => {
    const html = renderHtml(
      report(
        [system('10.0.0.1')],
        [finding('D05', '10.0.0.1', 'error', { reason: 'TIMEOUT: nothing came' })],
        {
          complete: false,
        },
      ),
      { metas },
    );
    expect(html).toContain('Nothing was found open. 1 image archive answered, and let no stranger in.');
    expect(html).toContain('This run was interrupted.');
    expect(html).toContain('1 question could not be decided.');
    expect(html).toContain('TIMEOUT: nothing came');
  });

  test('a honeypot’s findings are nobody’s findings', () => {
    const html = renderHtml(
      report([system('10.0.0.1', { isHoneypot: true, accessClasses: ['A3'] })], [finding('D05', '10.0.0.1')]),
      { metas },
    );
    expect(html).toContain('1 system looked like a honeypot');
    expect(html).toContain('Nothing was found.');
  });
});
