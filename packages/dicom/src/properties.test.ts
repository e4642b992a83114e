import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DataSet,
  DataSetReader,
  ParseError,
  TransferSyntaxUID,
  fromDicomJson,
  readDataSet,
  readPart10,
  toDicomJson,
  transferSyntax,
  writeDataSet,
} from './index.ts';
import type { ReadLimits, TransferSyntax, VR } from './index.ts';

const syntaxes = ['ImplicitVRLittleEndian', 'ExplicitVRLittleEndian', 'ExplicitVRBigEndian'] as const;

function syntaxOf(keyword: keyof typeof TransferSyntaxUID): TransferSyntax {
  const syntax = transferSyntax(TransferSyntaxUID[keyword]);
  if (syntax === undefined) throw new Error(keyword);
  return syntax;
}

const anySyntax = fc.constantFrom(...syntaxes).map(syntaxOf);

type Setting = [tag: number, value: string | string[] | number[] | Uint8Array | DataSet[], vr: VR];

const text = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019 .é漢字ёß'), maxLength: 12 })
  .map((value) => value.trim());

/** Standard elements, so that Implicit VR gives the same VRs back. */
const leaf: fc.Arbitrary<Setting> = fc.oneof(
  fc.tuple(fc.constant(0x00100010), text, fc.constant<VR>('PN')),
  fc.tuple(fc.constant(0x00080080), text, fc.constant<VR>('LO')),
  fc.tuple(fc.constant(0x00324000), text, fc.constant<VR>('LT')),
  fc.tuple(
    fc.constant(0x00080008),
    fc.array(fc.constantFrom('A', 'BC', ''), { maxLength: 4 }),
    fc.constant<VR>('CS'),
  ),
  fc.tuple(fc.constant(0x00280010), fc.array(fc.nat(0xffff), { maxLength: 3 }), fc.constant<VR>('US')),
  fc.tuple(fc.constant(0x00186020), fc.array(fc.integer(), { maxLength: 3 }), fc.constant<VR>('SL')),
  fc.tuple(
    fc.constant(0x00189309),
    fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
    fc.constant<VR>('FD'),
  ),
  fc.tuple(fc.constant(0x00280009), fc.array(fc.nat(0xffffffff), { maxLength: 3 }), fc.constant<VR>('AT')),
  fc.tuple(fc.constant(0x00281201), evenBytes(2, 40), fc.constant<VR>('OW')),
  fc.tuple(fc.constant(0x00660016), evenBytes(4, 40), fc.constant<VR>('OF')),
  fc.tuple(fc.constant(0x00091001), evenBytes(1, 300), fc.constant<VR>('UN')),
  fc.tuple(fc.constant(0x7fe00010), evenBytes(2, 4000), fc.constant<VR>('OW')),
);

function evenBytes(unit: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc
    .uint8Array({ maxLength })
    .map((bytes) => bytes.slice(0, bytes.length - (bytes.length % Math.max(2, unit))));
}

const { dataSet: anyDataSet } = fc.letrec<{ dataSet: DataSet; items: DataSet[] }>((tie) => ({
  dataSet: fc
    .tuple(
      fc.array(leaf, { maxLength: 8 }),
      fc.array(fc.tuple(fc.constantFrom(0x00081140, 0x0040a730), tie('items')), { maxLength: 2 }),
    )
    .map(([leaves, sequences]) => {
      const dataSet = new DataSet();
      dataSet.set(0x00080005, 'ISO_IR 192');
      for (const [tag, value, vr] of leaves) dataSet.set(tag, value, vr);
      for (const [tag, items] of sequences) dataSet.set(tag, items, 'SQ');
      return dataSet;
    }),
  items: fc.oneof({ maxDepth: 3 }, fc.constant<DataSet[]>([]), fc.array(tie('dataSet'), { maxLength: 3 })),
}));

const tightLimits: Partial<ReadLimits> = {
  nestingDepthMax: 8,
  elementCountMax: 2000,
  itemCountMax: 500,
  fragmentCountMax: 200,
  retainedMaxBytes: 1_000_000,
};

/** Everything an observer can ask of a data set; values passed over as their place alone. */
function observe(dataSet: DataSet): unknown {
  return [...dataSet].map((element) => ({
    tag: element.tag,
    vr: element.vr,
    offset: element.offset,
    length: element.length,
    value: element.passedOver ? 'passed over' : element.value && Array.from(element.value),
    fragments: element.fragments,
    basicOffsetTable: element.basicOffsetTable?.value && Array.from(element.basicOffsetTable.value),
    items: element.items?.map(observe),
  }));
}

/** What reading gives: a data set, or the fact of a ParseError. Any other error is a failure of the test. */
function outcome(read: () => DataSet): unknown {
  try {
    return observe(read());
  } catch (error) {
    if (error instanceof ParseError) return 'ParseError';
    throw error;
  }
}

function readInChunks(bytes: Uint8Array, ts: TransferSyntax, sizes: readonly number[]): DataSet {
  const reader = new DataSetReader(ts, { limits: tightLimits, retainValueMaxBytes: 1000 });
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = bytes.slice(at, at + size);
    reader.push(chunk);
    // The caller may use the chunk again: nothing kept may depend on it.
    chunk.fill(0xa5);
    at += size;
  }
  reader.end();
  return reader.dataSet;
}

/** The whole-buffer reader under the same rules of what to keep. */
function readWhole(bytes: Uint8Array, ts: TransferSyntax): DataSet {
  const isPixelData = (tag: number): boolean =>
    tag === 0x7fe00010 || tag === 0x7fe00008 || tag === 0x7fe00009;
  const isOffsetTable = (tag: number): boolean => tag === 0x7fe00001 || tag === 0x7fe00002;
  return readDataSet(bytes, ts, {
    limits: tightLimits,
    passOver: (tag, length) => isPixelData(tag) || (length > 1000 && !isOffsetTable(tag)),
  });
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });

describe('any data set', () => {
  test('written and read again is the same, in every byte order and with either kind of lengths (PS3.5 7)', () => {
    fc.assert(
      fc.property(
        anyDataSet,
        anySyntax,
        fc.constantFrom('defined', 'undefined'),
        (dataSet, ts, sequenceLength) => {
          const bytes = writeDataSet(dataSet, ts, { sequenceLength });
          expect(toDicomJson(readDataSet(bytes, ts))).toEqual(toDicomJson(dataSet));
          expect(writeDataSet(readDataSet(bytes, ts), ts)).toEqual(bytes);
        },
      ),
    );
  });

  test('survives DICOM JSON and back (PS3.18 Annex F)', () => {
    fc.assert(
      fc.property(anyDataSet, (dataSet) => {
        const json = toDicomJson(dataSet);
        expect(toDicomJson(fromDicomJson(JSON.parse(JSON.stringify(json))))).toEqual(json);
      }),
    );
  });

  test('read in chunks of any size is what it is read at once', () => {
    fc.assert(
      fc.property(anyDataSet, anySyntax, fc.boolean(), chunkSizes, (dataSet, ts, isUndefined, sizes) => {
        const bytes = writeDataSet(dataSet, ts, { sequenceLength: isUndefined ? 'undefined' : 'defined' });
        expect(observe(readInChunks(bytes, ts, sizes))).toEqual(observe(readWhole(bytes, ts)));
      }),
    );
  });
});

describe('any bytes', () => {
  const mutations = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 6 });

  test('give a data set or a ParseError, the same whole and in chunks, when a data set is damaged', () => {
    fc.assert(
      fc.property(
        anyDataSet,
        anySyntax,
        mutations,
        fc.nat(5000),
        chunkSizes,
        (dataSet, ts, changes, cut, sizes) => {
          const whole = writeDataSet(dataSet, ts, { sequenceLength: 'undefined' }).slice();
          for (const [at, value] of changes) if (whole.length > 0) whole[at % whole.length] = value;
          const bytes = whole.subarray(0, cut % 4 === 0 ? cut % (whole.length + 1) : whole.length);
          expect(outcome(() => readInChunks(bytes, ts, sizes))).toEqual(outcome(() => readWhole(bytes, ts)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('give a data set or a ParseError when they are noise with tags in it', () => {
    const word = fc.constantFrom(
      'feff00e0',
      'feffdde0',
      'feff0de0',
      'ffffffff',
      '08000500',
      '53510000',
      'e07f1000',
      '4f420000',
    );
    const noise = fc.array(
      fc.oneof(word, fc.constantFrom('00000000', '04000000', '20002000', '0900011055 4e'.replace(' ', ''))),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(noise, anySyntax, chunkSizes, (words, ts, sizes) => {
        const bytes = Uint8Array.from(Buffer.from(words.join(''), 'hex'));
        expect(outcome(() => readInChunks(bytes, ts, sizes))).toEqual(outcome(() => readWhole(bytes, ts)));
      }),
      { numRuns: 1000 },
    );
  });

  test('are a file or a ParseError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, hasPreamble) => {
        const preamble = new Uint8Array(132);
        preamble.set([0x44, 0x49, 0x43, 0x4d], 128);
        outcome(() => readPart10(hasPreamble ? Uint8Array.from([...preamble, ...bytes]) : bytes).dataSet);
      }),
      { numRuns: 500 },
    );
  });

  test('as JSON are a data set or a ParseError', () => {
    const key = fc.constantFrom('00080005', '00100010', '00081140', '7FE00010', '00280010', 'zz');
    const vr = fc.constantFrom('PN', 'SQ', 'US', 'OB', 'LO', 'XX', 'DS');
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant([{ Alphabetic: 'A=B' }]),
      fc.constant([null]),
    );
    const attribute = fc.record({ vr, Value: value, InlineBinary: fc.string() }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(key, attribute)), (json) => {
        outcome(() => fromDicomJson(json));
      }),
      { numRuns: 500 },
    );
  });
});
