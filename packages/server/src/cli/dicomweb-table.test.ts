import type { DicomJson } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { formatBytes } from './init-context.ts';
import { columnsFor, csvOf, tableOf } from './dicomweb-table.ts';

const record: DicomJson = {
  '00080020': { vr: 'DA', Value: ['20240229'] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^Jane' }] },
  '00081030': {
    vr: 'LO',
    Value: ['a \u001b[31mred\u0007 very long description, longer than a cell in a table may be'],
  },
  '00080061': { vr: 'CS', Value: ['CT', 'SR'] },
  '0020000D': { vr: 'UI', Value: ['1.2.3.4567890123456789.4567890123456789.4567890123456789.456789012'] },
};

describe('tables', () => {
  test('cells are cut, UIDs are not, and nothing in them steers a terminal', () => {
    const text = tableOf([record], columnsFor('study', []));
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text).toContain('1.2.3.4567890123456789.4567890123456789.4567890123456789.456789012');
    expect(text).toContain('Doe^Jane');
    expect(text).toContain('CT\\SR');
    expect(text).toContain('…');
    expect(text).not.toContain('in a table may be');
  });

  test('columns asked for come behind those of the level, each once', () => {
    expect(columnsFor('series', ['Modality', 'BodyPartExamined', 'NoSuchThing']).at(-1)).toBe(0x00180015);
    expect(columnsFor('series', ['Modality'])).toHaveLength(6);
  });
});

describe('CSV (RFC 4180)', () => {
  const cell = (value: string): string =>
    csvOf([{ '00100020': { vr: 'LO', Value: [value] } }], [0x00100020])
      .split('\r\n')
      .slice(1)
      .join('\r\n');

  test.each([
    ['plain', 'plain\r\n'],
    ['with, comma', '"with, comma"\r\n'],
    ['with "quotes"', '"with ""quotes"""\r\n'],
    ['=cmd|calc', "'=cmd|calc\r\n"],
    ['@SUM(A1)', "'@SUM(A1)\r\n"],
    ['-12.5', '-12.5\r\n'],
    ['-1+2', "'-1+2\r\n"],
    ['+4912345', '+4912345\r\n'],
  ])('%s', (value, line) => expect(cell(value)).toBe(line));
});

test('amounts of bytes are said as people say them', () => {
  expect([0, 999, 1000, 1_500_000, 123_456_789, 2e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.5 MB',
    '123 MB',
    '2000 TB',
  ]);
});
