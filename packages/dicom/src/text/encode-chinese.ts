/**
 * GB18030 and GBK (PS3.5 Annex J and K): one byte for ASCII, two for 81-FE 40-FE, in GB18030 also four. The platform
 * only decodes them, so the tables are turned round from its decoder, once, when first needed.
 */
interface ChineseTables {
  readonly two: ReadonlyMap<string, number>;
  /** Basic Multilingual Plane characters that take four bytes: their place in the order of four-byte codes. */
  readonly four: ReadonlyMap<string, number>;
}

let tables: ChineseTables | undefined;

/** Four-byte codes of the Basic Multilingual Plane, 81308130 to 8431A439. */
const fourByteBmpCount = 39_420;

/** Place of 90308130, which is U+10000; the planes beyond follow in order. */
const fourByteSupplementaryStart = 189_000;

/** Bytes of a text in GB18030, or in GBK; undefined when GBK cannot hold a character. */
export function encodeChinese(text: string, fourBytesAllowed: boolean): Uint8Array | undefined {
  tables ??= { two: twoByteTable(), four: fourByteTable() };
  const bytes: number[] = [];
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    const two = tables.two.get(character);
    if (codePoint < 0x80) bytes.push(codePoint);
    else if (two !== undefined) bytes.push(two >>> 8, two & 0xff);
    else {
      const place =
        codePoint > 0xffff ? fourByteSupplementaryStart + codePoint - 0x10000 : tables.four.get(character);
      if (!fourBytesAllowed || place === undefined) return undefined;
      bytes.push(...fourByteCode(place));
    }
  }
  return Uint8Array.from(bytes);
}

function fourByteCode(place: number): [number, number, number, number] {
  return [
    0x81 + Math.floor(place / 12_600),
    0x30 + (Math.floor(place / 1260) % 10),
    0x81 + (Math.floor(place / 10) % 126),
    0x30 + (place % 10),
  ];
}

function twoByteTable(): ReadonlyMap<string, number> {
  const codes: number[] = [];
  for (let first = 0x81; first <= 0xfe; first++) {
    for (let second = 0x40; second <= 0xfe; second++) if (second !== 0x7f) codes.push(first * 256 + second);
  }
  return invert(codes, (code) => [code >>> 8, code & 0xff]);
}

function fourByteTable(): ReadonlyMap<string, number> {
  return invert(
    Array.from({ length: fourByteBmpCount }, (_, place) => place),
    fourByteCode,
  );
}

/** Decodes all codes at once, a line feed behind each, and turns the result round; the first code of a character wins. */
function invert(codes: readonly number[], bytesOf: (code: number) => number[]): ReadonlyMap<string, number> {
  const bytes = codes.flatMap((code) => [...bytesOf(code), 0x0a]);
  const characters = new TextDecoder('gb18030').decode(Uint8Array.from(bytes)).split('\n');
  const table = new Map<string, number>();
  for (const [index, code] of codes.entries()) {
    const character = characters[index];
    if (
      character !== undefined &&
      character !== '' &&
      !character.includes('\ufffd') &&
      !table.has(character)
    ) {
      table.set(character, code);
    }
  }
  return table;
}
