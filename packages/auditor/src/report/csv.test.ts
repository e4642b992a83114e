import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare } from '../findings/index.ts';
import { toCsv, toCSV } from './csv.ts';
import { attacks, hostileReport } from './testing/hostile-report.ts';
import { sampleReport } from './testing/sample-study.ts';

/** A reader of RFC 4180, as a spreadsheet has one. */
function parseCSV(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

function expectNoFormula(text: string): void {
  for (const cell of parseCSV(text).flat()) {
    expect(cell).not.toMatch(/^\s*[=+@\uff1d\uff0b\uff0d\uff20]/u);
    if (/^\s*-/.test(cell)) expect(Number.isNaN(Number(cell))).toBe(false);
  }
}

describe('CSV (RFC 4180)', () => {
  test.each(attacks)('no cell begins a formula, no text makes a new record: %j', (attack) => {
    const hostile = hostileReport(attack);
    for (const [name, text] of toCsv(hostile, { comparison: compare(hostile, hostile) })) {
      expectNoFormula(text);
      const rows = parseCSV(text);
      expect(new Set(rows.map((row) => row.length)).size, name).toBe(1);
    }
  });

  test('any texts come back as they were, but for what cannot be seen and the guard', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 3, maxLength: 3 })), (rows) => {
        const read = parseCSV(toCSV(rows));
        expect(read.length).toBe(rows.length);
        for (const [index, row] of rows.entries()) {
          for (const [column, text] of row.entries()) {
            const cell = read[index]?.[column] ?? '';
            if (/^[\w ]*$/.test(text)) expect(cell).toBe(text);
            expect(cell.endsWith(text) || /[^\x20-\x7e]/.test(text)).toBe(true);
          }
        }
        expectNoFormula(toCSV(rows));
      }),
    );
  });

  test('numbers are plain digits, and a lower bound has a column of its own', () => {
    const text = toCsv(sampleReport()).get('T1') ?? '';
    expect(text.split('\r\n')[0]).toBe(
      'by,place,systems_scanned,open_by_dicom,study_records,study_records_at_least,linked_images,linked_images_at_least,retrievable_images,retrievable_images_at_least,honeypots_not_counted',
    );
    expect(text).toContain('\r\ncountry,TR,110,36,4924141,false,179533940,false,178283858,false,0\r\n');
  });

  test('T2 is there when there is something to compare', () => {
    expect([...toCsv(sampleReport()).keys()]).toEqual(['T1', 'T3', 'T4', 'T5', 'T6']);
  });
});
