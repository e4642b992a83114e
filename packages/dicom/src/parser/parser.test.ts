import { describe, expect, test } from 'vitest';
import { DataSetReader, ParseError, Tag, TransferSyntaxUID, readDataSet, transferSyntax } from '../index.ts';
import type { ParseWarning, ReadLimits, TransferSyntax } from '../index.ts';

function syntax(keyword: keyof typeof TransferSyntaxUID): TransferSyntax {
  const found = transferSyntax(TransferSyntaxUID[keyword]);
  if (found === undefined) throw new Error(keyword);
  return found;
}

const explicit = syntax('ExplicitVRLittleEndian');
const implicit = syntax('ImplicitVRLittleEndian');
const jpeg = syntax('JPEGBaseline8Bit');

/** Bytes of hexadecimal digits; spaces and line ends are for the reader. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ParseError) return error.code;
    throw error;
  }
  return 'read';
}

describe('elements (PS3.5 7.1)', () => {
  test('Explicit VR: 16-bit and 32-bit lengths, offsets and header lengths', () => {
    const bytes = hex('08006000 4353 0200 4354   08001101 5554 0000 04000000 61626320');
    const dataSet = readDataSet(bytes, explicit);
    expect(dataSet.string(Tag.Modality)).toBe('CT');
    expect(dataSet.get(Tag.Modality)).toMatchObject({ vr: 'CS', offset: 8, length: 2, headerLength: 8 });
    expect([...dataSet][1]).toMatchObject({
      tag: 0x00080111,
      vr: 'UT',
      offset: 22,
      length: 4,
      headerLength: 12,
    });
  });

  test('Implicit VR takes VRs from the dictionary, UN where it has none (6.2.2)', () => {
    const bytes = hex(
      '10002000 04000000 31323320   09001000 02000000 4142   09000110 02000000 0102   0900ff10 00000000',
    );
    expect([...readDataSet(bytes, implicit)].map(({ vr }) => vr)).toEqual(['LO', 'UN', 'UN', 'LO']);
  });

  test('Implicit VR: US or SS as Pixel Representation says, in items too', () => {
    const bytes = hex(`28000301 02000000 0100   28000601 02000000 ffff
      28000030 1a000000 feff00e0 12000000 28000230 02000000 feff 28000630 00000000`);
    const dataSet = readDataSet(bytes, implicit);
    expect(dataSet.number(Tag.SmallestImagePixelValue)).toBe(-1);
    expect(dataSet.items(Tag.ModalityLUTSequence)[0]?.get(Tag.LUTDescriptor)?.vr).toBe('SS');
  });

  test('Explicit VR Big Endian', () => {
    const dataSet = readDataSet(hex('0028 0010 5553 0002 0102'), syntax('ExplicitVRBigEndian'));
    expect(dataSet.number(Tag.Rows)).toBe(0x0102);
  });

  test('a VR of a later edition is read as UN with a 32-bit length, two spaces as UN with 16 bits', () => {
    const warnings: ParseWarning[] = [];
    const bytes = hex('09000110 5a5a 0000 02000000 0102   28002001 2020 0200 0300');
    const dataSet = readDataSet(bytes, explicit, { onWarning: (warning) => warnings.push(warning) });
    expect([...dataSet].map(({ vr }) => vr)).toEqual(['UN', 'UN']);
    expect(dataSet.number(Tag.PixelPaddingValue)).toBe(3);
    expect(warnings.map(({ code }) => code)).toEqual(['VR_UNKNOWN', 'VR_UNKNOWN']);
  });

  test('bytes that are no VR are an error, not Implicit VR by chance', () => {
    expect(codeOf(() => readDataSet(hex('08006000 02000000 4354'), explicit))).toBe('VR_INVALID');
  });

  test('odd lengths, misplaced and repeated elements are read with a warning; the first of a tag counts', () => {
    const warnings: ParseWarning[] = [];
    const bytes = hex('10002000 4c4f 0300 616263   08006000 4353 0200 4354   10002000 4c4f 0200 7878');
    const dataSet = readDataSet(bytes, explicit, { onWarning: (warning) => warnings.push(warning) });
    expect([...dataSet].map(({ tag }) => tag)).toEqual([Tag.Modality, Tag.PatientID]);
    expect(dataSet.string(Tag.PatientID)).toBe('abc');
    expect(dataSet.duplicates.map(({ offset }) => offset)).toEqual([29]);
    expect(warnings.map(({ code }) => code)).toEqual(['LENGTH_ODD', 'ELEMENT_OUT_OF_ORDER']);
  });

  test('group lengths and Data Set Trailing Padding are elements like others (7.2, 7.9)', () => {
    const bytes = hex(
      '08000000 554c 0400 0a000000   08006000 4353 0200 4354   fcfffcff 4f42 0000 04000000 00000000',
    );
    expect(readDataSet(bytes, explicit).size).toBe(3);
  });
});

describe('sequences (PS3.5 7.5)', () => {
  const item = '08006000 4353 0200 4354';

  test('of defined and undefined length, items of either kind', () => {
    const bytes = hex(`40002a00 5351 0000 ffffffff
      feff00e0 0a000000 ${item}  feff00e0 ffffffff ${item} feff0de0 00000000  feffdde0 00000000
      30004007 5351 0000 12000000 feff00e0 0a000000 ${item}
      30005007 5351 0000 00000000`);
    const dataSet = readDataSet(bytes, explicit);
    expect([...dataSet].map(({ items }) => items?.length)).toEqual([1, 0, 2]);
    const first = dataSet.get(0x0040002a);
    expect(first?.undefinedLength).toBe(true);
    expect((first?.offset ?? 0) + (first?.length ?? 0)).toBe((dataSet.get(0x00300740)?.offset ?? 0) - 12);
    expect(dataSet.items(0x0040002a)[1]?.string(Tag.Modality)).toBe('CT');
  });

  test('UN of undefined length is a sequence in Implicit VR Little Endian, in every syntax (6.2.2)', () => {
    const items = 'feff00e0 0a000000 08006000 02000000 4354 feffdde0 00000000';
    const little = readDataSet(hex(`09000110 554e 0000 ffffffff ${items}`), explicit);
    const big = readDataSet(hex(`0009 1001 554e 0000 ffffffff ${items}`), syntax('ExplicitVRBigEndian'));
    for (const dataSet of [little, big]) {
      expect(dataSet.get(0x00091001)?.vr).toBe('UN');
      expect(dataSet.items(0x00091001)[0]?.string(Tag.Modality)).toBe('CT');
    }
  });

  test('items know the character set around them (PS3.3 C.12.1.1.2)', () => {
    const bytes = hex(
      '08000500 4353 0a00 49534f5f495220313932   40002a00 5351 0000 14000000 feff00e0 0c000000 10001000 504e 0400 c3a9c3a9',
    );
    expect(readDataSet(bytes, explicit).items(0x0040002a)[0]?.string(Tag.PatientName)).toBe('éé');
  });

  test('that lie about lengths or lack delimiters are errors', () => {
    expect(
      codeOf(() => readDataSet(hex(`40002a00 5351 0000 12000000 feff00e0 0c000000 ${item} 0000`), explicit)),
    ).toBe('LENGTH_EXCEEDS_CONTAINER');
    expect(
      codeOf(() => readDataSet(hex(`40002a00 5351 0000 ffffffff feff00e0 0a000000 ${item}`), explicit)),
    ).toBe('DATA_CUT_SHORT');
    expect(
      codeOf(() => readDataSet(hex('40002a00 5351 0000 0a000000 08006000 4353 0200 4354'), explicit)),
    ).toBe('UNEXPECTED_TAG');
    expect(codeOf(() => readDataSet(hex('feff00e0 00000000'), explicit))).toBe('UNEXPECTED_TAG');
    expect(codeOf(() => readDataSet(hex('08001101 5554 0000 ffffffff'), explicit))).toBe(
      'UNDEFINED_LENGTH_NOT_ALLOWED',
    );
  });
});

describe('encapsulated Pixel Data (PS3.5 A.4)', () => {
  const pixelData = `e07f1000 4f42 0000 ffffffff feff00e0 08000000 00000000 0c000000
    feff00e0 04000000 ffd8ffd9 feff00e0 02000000 ffd8 feffdde0 00000000`;

  test('records the Basic Offset Table and each fragment', () => {
    const dataSet = readDataSet(hex(pixelData), jpeg);
    const element = dataSet.get(Tag.PixelData);
    expect(element?.fragments).toEqual([
      { offset: 36, length: 4 },
      { offset: 48, length: 2 },
    ]);
    expect(element?.basicOffsetTable?.value).toEqual(hex('00000000 0c000000'));
    expect(element?.fragmentValue(1)).toEqual(hex('ffd8'));
    expect(element?.length).toBe(hex(pixelData).length - 12);
  });

  test('is passed over by a DataSetReader, but for the Basic Offset Table', () => {
    const reader = new DataSetReader(jpeg);
    const bytes = hex(`08006000 4353 0200 4354 ${pixelData}`);
    for (const byte of bytes) reader.push(Uint8Array.of(byte));
    reader.end();
    expect(reader.pixelDataOffset).toBe(10);
    expect(reader.bytesRead).toBe(bytes.length);
    const element = reader.dataSet.get(Tag.PixelData);
    expect(element?.passedOver).toBe(true);
    expect(element?.fragments?.length).toBe(2);
    expect(element?.basicOffsetTable?.value).toEqual(hex('00000000 0c000000'));
    expect(element?.fragmentValue(0)).toBeUndefined();
  });

  test('a second delimiter behind it is passed over with a warning', () => {
    const warnings: ParseWarning[] = [];
    readDataSet(hex(`${pixelData} feffdde0 00000000`), jpeg, {
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings.map(({ code }) => code)).toEqual(['DELIMITER_MISPLACED']);
  });
});

describe('a DataSetReader', () => {
  const header = '08006000 4353 0200 4354   10002000 4c4f 0400 61626320';

  test('tells a value when it is whole, never its beginning, wherever the bytes are cut', () => {
    const bytes = hex(header);
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new DataSetReader(explicit);
      reader.push(bytes.subarray(0, cut));
      expect(reader.dataSet.string(Tag.PatientID)).toBeUndefined();
      reader.push(bytes.subarray(cut));
      expect(reader.dataSet.string(Tag.PatientID)).toBe('abc');
    }
  });

  test('has the header complete as soon as Pixel Data begins', () => {
    const reader = new DataSetReader(explicit);
    reader.push(hex(header));
    expect(reader.headerComplete).toBe(false);
    reader.push(hex('e07f1000 4f57 0000 00000001'));
    expect(reader.headerComplete).toBe(true);
    expect(reader.dataSet.string(Tag.PatientID)).toBe('abc');
    reader.push(new Uint8Array(0x01000000));
    reader.end();
    expect(reader.dataSet.get(Tag.PixelData)).toMatchObject({
      passedOver: true,
      length: 0x01000000,
      offset: 34,
    });
  });

  test('does not believe a length: memory follows what arrives', () => {
    const reader = new DataSetReader(explicit, {
      retainValueMaxBytes: 0xffffffff,
      limits: { retainedMaxBytes: 2 ** 33 },
    });
    const before = process.memoryUsage().arrayBuffers;
    reader.push(hex('08001101 5554 0000 f0ffffff 6162'));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    expect(codeOf(() => reader.end())).toBe('DATA_CUT_SHORT');
  });

  test('stays failed after an error', () => {
    const reader = new DataSetReader(explicit);
    expect(codeOf(() => reader.push(hex('08006000 0102 0200 4354')))).toBe('VR_INVALID');
    expect(codeOf(() => reader.push(hex(header)))).toBe('VR_INVALID');
    expect(codeOf(() => reader.end())).toBe('VR_INVALID');
  });

  test('is not complete in the middle of an element', () => {
    const bytes = hex(header);
    for (let length = 1; length < bytes.length; length++) {
      const reader = new DataSetReader(explicit);
      reader.push(bytes.subarray(0, length));
      expect(
        codeOf(() => reader.end()),
        `cut at ${length}`,
      ).toBe(length === 10 ? 'read' : 'DATA_CUT_SHORT');
    }
  });

  test('keeps no more of a chunk than the header', () => {
    const reader = new DataSetReader(explicit);
    const chunk = new Uint8Array(1_000_000);
    chunk.set(hex(`${header} e07f1000 4f57 0000 00000f00`));
    reader.push(chunk.subarray(0, 22 + 12 + 0x0f0000));
    expect(reader.dataSet.get(Tag.PatientID)?.source?.bytes.byteLength).toBeLessThan(100);
  });
});

describe('limits', () => {
  const nested = (depth: number): string => '40002a00 5351 0000 ffffffff feff00e0 ffffffff'.repeat(depth);

  test.each<[string, Partial<ReadLimits>, string]>([
    ['NESTING_TOO_DEEP', { nestingDepthMax: 3 }, nested(4)],
    ['TOO_MANY_ELEMENTS', { elementCountMax: 1 }, '08006000 4353 0000 08006100 4353 0000'],
    [
      'TOO_MANY_ITEMS',
      { itemCountMax: 1 },
      '40002a00 5351 0000 ffffffff feff00e0 00000000 feff00e0 00000000',
    ],
    [
      'TOO_MANY_FRAGMENTS',
      { fragmentCountMax: 1 },
      `e07f1000 4f42 0000 ffffffff ${'feff00e0 00000000'.repeat(3)}`,
    ],
    ['VALUE_TOO_LONG', { valueLengthMaxBytes: 3 }, '08006000 4353 0400 43544354'],
    ['RETAINED_TOO_LARGE', { retainedMaxBytes: 200 }, '08006000 4353 0000 08006100 4353 0000'],
  ])('%s', (code, limits, bytes) => {
    expect(codeOf(() => readDataSet(hex(bytes), explicit, { limits }))).toBe(code);
    expect(codeOf(() => new DataSetReader(explicit, { limits }).push(hex(bytes)))).toBe(code);
  });

  test('a hundred thousand levels cost no call stack', () => {
    const bytes = hex(nested(100_000));
    expect(codeOf(() => readDataSet(bytes, explicit, { limits: { nestingDepthMax: 1e6 } }))).toBe(
      'DATA_CUT_SHORT',
    );
  });

  test('a million elements in descending order are sorted once', () => {
    const count = 200_000;
    const bytes = new Uint8Array(count * 8);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < count; index++) {
      const tag = 0x7fdf0000 - index * 2;
      view.setUint16(index * 8, tag >>> 16, true);
      view.setUint16(index * 8 + 2, tag & 0xffff, true);
    }
    const started = performance.now();
    expect(readDataSet(bytes, implicit).size).toBe(count);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
