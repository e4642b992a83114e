import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScanReport, readScanReport, ReportError } from './index.ts';
import { finding, report, system } from './testing/small-report.ts';
import type { ReportErrorCode } from './index.ts';

const good = report(
  [system('10.0.0.1')],
  [finding('D05', '10.0.0.1', 'exposed', { evidence: { status: '0000' } })],
);

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

function codeOf(value: unknown): ReportErrorCode | undefined {
  try {
    parseScanReport(bytes(value));
    return undefined;
  } catch (error) {
    if (error instanceof ReportError) return error.code;
    throw error;
  }
}

describe('reading findings.json', () => {
  test('gives what was written', () => {
    expect(parseScanReport(bytes(good))).toEqual(good);
  });

  test.each<[string, ReportErrorCode, unknown]>([
    ['no JSON', 'NOT_READABLE', '{"format":'],
    ['nesting without end', 'NOT_READABLE', '['.repeat(100_000)],
    ['another format', 'NOT_A_SCAN_REPORT', { ...good, format: 'other' }],
    ['a list', 'NOT_A_SCAN_REPORT', []],
    ['a later version', 'UNSUPPORTED_VERSION', { ...good, version: 2 }],
    ['an unknown field', 'NOT_A_SCAN_REPORT', { ...good, patients: [] }],
    ['a missing field', 'NOT_A_SCAN_REPORT', { ...good, scanned: undefined }],
    ['a negative count', 'NOT_A_SCAN_REPORT', { ...good, scanned: { addresses: -1, responding: 0 } }],
    [
      'a count no double holds',
      'NOT_A_SCAN_REPORT',
      { ...good, scanned: { addresses: 2 ** 60, responding: 0 } },
    ],
    [
      'a port out of range',
      'NOT_A_SCAN_REPORT',
      { ...good, findings: [finding('D05', 'x', 'exposed', { port: 0 })] },
    ],
    ['an instant that is none', 'NOT_A_SCAN_REPORT', { ...good, ended: 'yesterday' }],
    ['a text without end', 'NOT_A_SCAN_REPORT', { ...good, toolVersion: 'x'.repeat(5_000) }],
    [
      'a vulnerability called certain',
      'NOT_A_SCAN_REPORT',
      {
        ...good,
        systems: [{ ...system('10.0.0.1'), vulnerabilities: [{ id: 'x', title: 'x', potential: false }] }],
      },
    ],
    [
      'evidence with structure',
      'NOT_A_SCAN_REPORT',
      {
        ...good,
        findings: [{ ...finding('D05', 'x'), evidence: { nested: { name: 'x' } } }],
      },
    ],
    ['a system twice', 'DUPLICATE_SYSTEM', { ...good, systems: [system('10.0.0.1'), system('10.0.0.1')] }],
  ])('refuses %s: %s', (_what, code, value) => {
    expect(codeOf(value)).toBe(code);
  });

  test('an error names the place and repeats nothing that stands there', () => {
    const hostile = { ...good, systems: [{ ...system('10.0.0.1'), accessClasses: ['SECRET^NAME'] }] };
    expect(() => parseScanReport(bytes(hostile))).toThrow(/^scan report, at systems\.0\.accessClasses\.0: /);
    expect(() => parseScanReport(bytes(hostile))).not.toThrow(/SECRET/);
    const escape = { ...good, findings: [{ ...finding('D05', 'x'), evidence: { '\u001b[31m': {} } }] };
    expect(() => parseScanReport(bytes(escape))).not.toThrow(/\u001b/);
  });

  test('a key called __proto__ changes no prototype', () => {
    const text = JSON.stringify(good).replace('"evidence":{', '"evidence":{"__proto__":"x",');
    const read = parseScanReport(bytes(text));
    expect(Object.getPrototypeOf(read.findings[0]?.evidence)).toBe(Object.prototype);
  });

  test('a file larger than allowed is not read to its end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'leadglass-report-'));
    try {
      const path = join(folder, 'findings.json');
      await writeFile(path, JSON.stringify(good));
      await expect(readScanReport(path)).resolves.toEqual(good);
      await expect(readScanReport(path, 100)).rejects.toMatchObject({ code: 'TOO_LARGE' });
      await expect(readScanReport('/dev/zero', 1_000_000)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('any bytes, and any change of a good report, give a report or a ReportError', () => {
    const text = JSON.stringify(good);
    const changed = fc
      .tuple(fc.nat({ max: text.length }), fc.nat({ max: 40 }), fc.string())
      .map(([from, length, put]) => bytes(text.slice(0, from) + put + text.slice(from + length)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes), changed), (input) => {
        try {
          expect(parseScanReport(input).format).toBe('leadglass-auditor-scan');
        } catch (error) {
          expect(error).toBeInstanceOf(ReportError);
        }
      }),
    );
  });
});
