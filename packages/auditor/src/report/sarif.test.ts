import { describe, expect, test } from 'vitest';
import { finding, report, system } from '../findings/testing/small-report.ts';
import { toSarif } from './sarif.ts';
import { attacks, hostileReport } from './testing/hostile-report.ts';
import { sampleMetas } from './testing/sample-metas.ts';
import { sampleReport } from './testing/sample-study.ts';

describe('SARIF 2.1.0', () => {
  test('what its schema requires is there, for every result', () => {
    const log = toSarif(sampleReport(), sampleMetas);
    expect(log.version).toBe('2.1.0');
    expect(log.runs).toHaveLength(1);
    const [run] = log.runs;
    if (run === undefined) throw new Error('no run');
    const { driver } = run.tool;
    expect(driver.name).toBe('leadglass-auditor');
    expect(new Set(driver.rules.map(({ id }) => id)).size).toBe(driver.rules.length);
    for (const result of run.results) {
      expect(result.message.text).not.toBe('');
      expect(driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
      // 3.27.10: another level than none only when something failed.
      expect(result.kind === 'fail' || result.level === 'none').toBe(true);
      for (const { physicalLocation } of result.locations) {
        expect(URL.canParse(physicalLocation.artifactLocation.uri, 'file:///root/')).toBe(true);
      }
      expect(result.partialFingerprints['systemAndCheck/v1']).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(Date.parse(run.invocations[0]?.startTimeUtc ?? '')).not.toBeNaN();
  });

  test('levels follow severity; what could not be decided asks for review; a honeypot is information', () => {
    const results = toSarif(
      report(
        [system('2001:db8::1'), system('10.0.0.2', { isHoneypot: true })],
        [
          finding('W07', '2001:db8::1', 'exposed', { port: 443 }),
          finding('D03', '2001:db8::1', 'exposed'),
          finding('W12', '2001:db8::1', 'exposed'),
          finding('D25', '2001:db8::1', 'exposed'),
          finding('D05', '2001:db8::1', 'error'),
          finding('D06', '2001:db8::1', 'protected'),
          finding('D05', '10.0.0.2', 'exposed'),
          finding('P01', 'CD 1/DICOM DIR', 'exposed'),
        ],
      ),
      sampleMetas,
    ).runs[0]?.results;
    expect(results?.map(({ ruleId, kind, level }) => [ruleId, kind, level])).toEqual([
      ['W07', 'fail', 'error'],
      ['D03', 'fail', 'warning'],
      ['W12', 'fail', 'note'],
      ['D25', 'fail', 'none'],
      ['D05', 'review', 'none'],
      ['D05', 'informational', 'none'],
      ['P01', 'fail', 'error'],
    ]);
    const uris = results?.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri);
    expect(uris?.[0]).toBe('tcp://[2001:db8::1]:443');
    expect(uris?.[1]).toBe('host://[2001:db8::1]');
    expect(uris?.[6]).toBe('CD%201/DICOM%20DIR');
  });

  test('the same finding has the same fingerprint in the next run', () => {
    const fingerprint = (at: string) =>
      toSarif(report([], [finding('D05', '10.0.0.1', 'exposed', { at })]), sampleMetas).runs[0]?.results[0]
        ?.partialFingerprints;
    expect(fingerprint('2026-01-01T00:00:00Z')).toEqual(fingerprint('2026-03-01T00:00:00Z'));
  });

  test.each(attacks)(
    'is JSON without control characters or links, whatever a stranger says: %j',
    (attack) => {
      const log = toSarif(hostileReport(attack), sampleMetas);
      for (const { message } of log.runs[0]?.results ?? []) {
        expect(message.text).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}/u);
        expect(message.text).not.toMatch(/(?<!\\)\[/);
      }
      expect(JSON.parse(JSON.stringify(log))).toEqual(log);
    },
  );
});
