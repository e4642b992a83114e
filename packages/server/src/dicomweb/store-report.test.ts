import { ParseError } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../operations/index.ts';
import { StartError } from './data-set-start.ts';
import { StoreReport, type StoreResult } from './store-report.ts';
import { WebError } from './web-error.ts';

const BASE = 'https://archive.example.org/dicom-web';
const named = { sopClassUID: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUID: '2.25.3' };
const stored = (outcome = 'stored'): StoreResult => ({
  ...named,
  facts: { outcome, studyInstanceUID: '2.25.1', seriesInstanceUID: '2.25.2' },
});
const failed = (error: unknown, about: StoreResult = named): StoreResult => ({ ...about, error });
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

function reportOf(...results: StoreResult[]): StoreReport {
  const report = new StoreReport(BASE, undefined);
  for (const result of results) report.add(result);
  return report;
}

describe('the answer to a store request (PS3.18 10.5.3 and Annex I)', () => {
  const rows: [string, StoreResult, number, number][] = [
    ['a transfer syntax nobody knows', failed(new StartError('UNKNOWN_TRANSFER_SYNTAX')), 409, 0xc122],
    ['another class than the command said', failed(new StoreError('SOP_CLASS_MISMATCH')), 409, 0xa900],
    ['no instance', failed(new StartError('NO_SOP_INSTANCE')), 409, 0xa900],
    ['a UID that is missing', failed(withCode('MISSING_UID')), 409, 0xa900],
    ['a UID that is none', failed(withCode('INVALID_UID')), 409, 0xa900],
    ['another study than the one of the path', failed(new StartError('STUDY_MISMATCH')), 409, 0xa901],
    ['a header without end', failed(new StoreError('HEADER_TOO_LONG')), 409, 0xc001],
    ['nothing', failed(new StoreError('EMPTY_DATA_SET')), 409, 0xc003],
    ['what cannot be parsed', failed(new ParseError('NOT_DICOM')), 409, 0xc000],
    ['a part of another type', failed(new WebError(415, 'UNKNOWN_PART_TYPE')), 415, 0xc002],
    ['too many bytes', failed(new StoreError('INSTANCE_TOO_LONG')), 413, 0xa700],
    ['no room', failed(withCode('WRITE_REFUSED')), 507, 0xa700],
    ['what nobody expected', failed(new Error('?')), 409, 0x0110],
    ['a code by which every object answers', failed(withCode('constructor')), 409, 0x0110],
    ['another data set under a UID that is taken', stored('conflict'), 409, 0x0111],
  ];
  test.each(rows)('%s', (_title, result, status, reason) => {
    const alone = reportOf(result);
    expect(alone.status).toBe(status);
    const item = { vr: 'US', Value: [reason] };
    expect(alone.toDicomJson()).toEqual({
      '00081198': {
        vr: 'SQ',
        Value: [
          {
            '00081150': { vr: 'UI', Value: [named.sopClassUID] },
            '00081155': { vr: 'UI', Value: [named.sopInstanceUID] },
            '00081197': item,
          },
        ],
      },
    });
    // Beside one that was stored it is no error of the request.
    expect(reportOf(stored(), result).status).toBe(202);
    expect(reportOf(stored(), result).storedCount).toBe(1);
  });

  test('stored, the same again, or with a warning: 200, 200, 202, and the reason of the warning', () => {
    expect(reportOf(stored()).status).toBe(200);
    expect(reportOf(stored(), stored('identical')).status).toBe(200);
    expect(reportOf(stored()).toDicomJson()['00081198']).toBeUndefined();
    for (const [warning, reason] of [
      ['COERCED', 0xb000],
      ['SOP_CLASS_DIFFERS', 0xb007],
    ] as const) {
      const report = reportOf(stored(), { ...stored(), warning });
      expect(report.status).toBe(202);
      const items = report.toDicomJson()['00081199']?.Value as object[];
      expect(items[0]).not.toHaveProperty('00081196');
      expect(items[1]).toMatchObject({ '00081196': { vr: 'US', Value: [reason] } });
    }
  });

  test('what failed before it said which instance it is stands apart (0008,119A)', () => {
    const json = reportOf(failed(new ParseError('NOT_DICOM'), {}), failed(new Error('?'))).toDicomJson();
    expect(json['0008119A']?.Value).toEqual([{ '00081197': { vr: 'US', Value: [0xc000] } }]);
    expect(json['00081198']?.Value).toHaveLength(1);
    expect(json['00081199']).toBeUndefined();
    expect(json['00081190']).toBeUndefined();
  });

  test('failures of several kinds are 409, nothing at all 400, a body that broke off what it broke off with', () => {
    const full = failed(withCode('WRITE_REFUSED'));
    expect(reportOf(full, full).status).toBe(507);
    expect(reportOf(full, failed(new StoreError('EMPTY_DATA_SET'))).status).toBe(409);
    expect(reportOf().status).toBe(400);
    const broken = reportOf(stored());
    broken.brokenOff = { status: 413, code: 'BODY_TOO_LONG' };
    expect(broken.status).toBe(413);
    expect(broken.toDicomJson()['00081199']?.Value).toHaveLength(1);
  });
});
