import { ParseError } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { IndexError, QueryError } from '../archive/index/errors.ts';
import { StoreError } from '../archive/instance-writer.ts';
import { ReadFailed } from '../archive/packs/pack-reader.ts';
import { WriteRefused } from '../archive/packs/pack-writer.ts';
import { QuarantineFull, Refused, RetrieveError } from '../operations/index.ts';
import { statusOf } from './statuses.ts';

const place = { packID: 1, offset: 2, payloadLength: 3 };

/** PS3.4 Tables B.2-1, C.4-1 to C.4-3 and PS3.7 Annex C. */
const table: [string, unknown, number][] = [
  ['a transfer syntax nobody knows', new StoreError('UNKNOWN_TRANSFER_SYNTAX'), 0x0122],
  ['another SOP class than the command says', new StoreError('SOP_CLASS_MISMATCH'), 0xa900],
  ['another SOP instance than the command says', new StoreError('SOP_INSTANCE_MISMATCH'), 0xa900],
  ['a header that is too long', new StoreError('HEADER_TOO_LONG'), 0xc001],
  ['an instance that is too long', new StoreError('INSTANCE_TOO_LONG'), 0xa700],
  ['an empty data set', new StoreError('EMPTY_DATA_SET'), 0xc003],
  ['no SeriesInstanceUID', new IndexError('MISSING_UID', { tag: 0x0020000e }), 0xa900],
  ['a UID that is none', new IndexError('INVALID_UID', { tag: 0x0020000e }), 0xa900],
  [
    'a data set that cannot be parsed',
    new ParseError('DATA_CUT_SHORT', { tag: 0x7fe00010, offset: 1234 }),
    0xc000,
  ],
  ['a full disk', new WriteRefused('ENOSPC'), 0xa700],
  ['a disk that cannot be read', new ReadFailed('EIO', place), 0xa702],
  ['a query for everything', new Refused('QUERY_TOO_BROAD'), 0xa700],
  ['a quarantine that is full', new QuarantineFull(), 0x0111],
  ['a budget used up', new Refused('QUERY_BUDGET_USED_UP'), 0xa700],
  ['a verb that was not granted', new Refused('VERB_NOT_GRANTED'), 0x0124],
  ['a refusal with a reason of its own', new Refused('SOMETHING_NEW'), 0x0124],
  ['a query without a level', new QueryError('LEVEL_MISSING', { tag: 0x00080052 }), 0xa900],
  ['a query of a level that is none', new QueryError('LEVEL_UNKNOWN', { tag: 0x00080052 }), 0xa900],
  ['a query without a unique key', new QueryError('UNIQUE_KEY_MISSING', { tag: 0x0020000d }), 0xa900],
  ['a retrieval without a level', new RetrieveError('LEVEL_MISSING', 0x00080052), 0xa900],
  ['a retrieval of a level that is none', new RetrieveError('LEVEL_UNKNOWN', 0x00080052), 0xa900],
  ['a retrieval without a unique key', new RetrieveError('UNIQUE_KEY_MISSING', 0x0020000d), 0xa900],
  ['a retrieval with a value that is none', new RetrieveError('INVALID_VALUE', 0x0020000d), 0xa900],
  ['a retrieval of too many', new RetrieveError('TOO_MANY_VALUES', 0x0020000d), 0xa900],
  ['what nobody foresaw', new Error('Doe^Jane'), 0x0110],
  ['something that is no error', 'Doe^Jane', 0x0110],
  ['nothing', undefined, 0x0110],
  [
    'an error whose code is a property of every object',
    Object.assign(new Error(), { code: 'constructor' }),
    0x0110,
  ],
  ['a refusal for such a reason', new Refused('toString'), 0x0124],
];

describe('the status', () => {
  test.each(table)('of %s', (_title, error, status) => {
    const answer = statusOf(error);
    expect(answer.status).toBe(status);
    // Error Comment (0000,0902) is an LO: 64 characters, no backslash, no control character.
    expect(answer.errorComment?.length ?? 0).toBeLessThanOrEqual(64);
    expect(answer.errorComment).toMatch(/^[^\\\p{Cc}]+$/u);
    expect(JSON.stringify(answer)).not.toContain('Doe');
  });

  test('names the element at fault where there is one', () => {
    expect(statusOf(new StoreError('SOP_CLASS_MISMATCH')).offendingElement).toEqual([0x00080016]);
    expect(statusOf(new IndexError('MISSING_UID', { tag: 0x0020000e })).offendingElement).toEqual([
      0x0020000e,
    ]);
    expect(statusOf(new RetrieveError('UNIQUE_KEY_MISSING', 0x0020000d)).offendingElement).toEqual([
      0x0020000d,
    ]);
    expect(statusOf(new ParseError('VR_INVALID', { tag: 0x00100010, offset: 9 }))).toEqual({
      status: 0xc000,
      errorComment: 'VR_INVALID (0010,0010) at 9',
      offendingElement: [0x00100010],
    });
  });

  test('of a level that is none says so, and names the element', () => {
    for (const error of [new QueryError('LEVEL_UNKNOWN'), new RetrieveError('LEVEL_UNKNOWN', 0x00080052)]) {
      expect(statusOf(error)).toEqual({
        status: 0xa900,
        errorComment: 'QueryRetrieveLevel is not one of this model',
        offendingElement: [0x00080052],
      });
    }
  });

  test('is never Success and never Pending, whatever went wrong', () => {
    for (const [, error] of table) {
      const { status } = statusOf(error);
      expect([0x0000, 0xff00, 0xff01]).not.toContain(status);
      expect(status >> 12).not.toBe(0xb);
    }
  });
});
