import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DataSetReader,
  ParseError,
  Tag,
  TransferSyntaxUID,
  deflateDataSet,
  inflateDataSet,
  inflateDataSetSync,
  transferSyntax,
} from '../index.ts';
import { Inflater } from './inflater.ts';

const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .array(fc.constantFrom('DICOM ', 'DICOM DICOM ', 'x', '\n'), { maxLength: 4000 })
    .map((words) => new TextEncoder().encode(words.join(''))),
  fc.nat(200_000).map((length) => new Uint8Array(length)),
);

describe('inflating (RFC 1951)', () => {
  test('gives back what zlib deflated, at every level, in chunks of any size', () => {
    fc.assert(
      fc.property(
        content,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 5000 }),
        (bytes, level, size) => {
          const deflated = new Uint8Array(deflateRawSync(bytes, { level }));
          const pieces: Uint8Array[] = [];
          const inflater = new Inflater(1e6, (piece) => pieces.push(piece.slice()));
          for (let at = 0; at < deflated.length; at += size) inflater.push(deflated.subarray(at, at + size));
          inflater.end();
          expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0);
        },
      ),
    );
  });

  test('ignores a padding byte or a checksum behind the stream (PS3.5 A.5)', () => {
    const deflated = deflateRawSync(Buffer.from('some text'));
    expect(inflateDataSetSync(Buffer.concat([deflated, Buffer.alloc(9, 7)]))).toEqual(
      new TextEncoder().encode('some text'),
    );
  });

  test('stops a bomb at the limit', async () => {
    const bomb = deflateRawSync(new Uint8Array(50_000_000));
    await expect(inflateDataSet(bomb, { inflatedMaxBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'INFLATED_TOO_LARGE',
    });
  });

  test('gives bytes or a ParseError for anything', () => {
    fc.assert(
      fc.property(
        content,
        fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 3 }),
        fc.nat(4000),
        (bytes, changes, cut) => {
          const deflated = new Uint8Array(deflateRawSync(bytes));
          for (const [at, value] of changes) deflated[at % deflated.length] = value;
          try {
            inflateDataSetSync(deflated.subarray(0, deflated.length - (cut % 50)), { inflatedMaxBytes: 1e6 });
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('is undone by deflateDataSet, which gives an even length', async () => {
    for (const length of [0, 1, 2, 3, 1000]) {
      const bytes = new Uint8Array(length).map((_, index) => (index * 7) % 251);
      const deflated = await deflateDataSet(bytes);
      expect(deflated.length % 2).toBe(0);
      expect(inflateDataSetSync(deflated)).toEqual(bytes);
    }
  });

  test('happens on the way through a DataSetReader', () => {
    const syntax = transferSyntax(TransferSyntaxUID.DeflatedExplicitVRLittleEndian);
    if (syntax === undefined) throw new Error('no deflated syntax');
    const reader = new DataSetReader(syntax);
    for (const byte of deflateRawSync(Buffer.from('08006000435302004354', 'hex')))
      reader.push(Uint8Array.of(byte));
    reader.end();
    expect(reader.dataSet.string(Tag.Modality)).toBe('CT');
  });
});
