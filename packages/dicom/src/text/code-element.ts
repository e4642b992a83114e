/**
 * Code elements of PS3.3 C.12.1.1.2: what ISO 2022 designates to G0 or G1. Single-byte sets map a byte of its half
 * (00-7F or 80-FF), double-byte sets a pair of 7-bit bytes 21-7E. Tables are taken from the platform's decoders, when
 * first needed: none is kept here.
 */
export interface CodeElement {
  readonly name: string;
  readonly bytesPerCharacter: 1 | 2;
  /** Character of a 7-bit byte, or of two (first * 128 + second); undefined where there is none. */
  readonly decode: (code: number) => string | undefined;
  /** The 7-bit code of a character; undefined where there is none. */
  readonly encode: (character: string) => number | undefined;
}

const firstOf94 = 0x21;
const lastOf94 = 0x7e;

/** Single-byte halves by registration number, each as a WHATWG label whose bytes A0-FF are the set. */
const upperHalfLabels: Readonly<Record<string, string>> = {
  'ISO-IR 101': 'iso-8859-2',
  'ISO-IR 109': 'iso-8859-3',
  'ISO-IR 110': 'iso-8859-4',
  'ISO-IR 144': 'iso-8859-5',
  'ISO-IR 127': 'iso-8859-6',
  'ISO-IR 126': 'iso-8859-7',
  'ISO-IR 138': 'iso-8859-8',
  'ISO-IR 148': 'iso-8859-9',
  'ISO-IR 203': 'iso-8859-15',
  'ISO-IR 166': 'iso-8859-11',
};

/** Double-byte sets: a WHATWG label, and the bytes that go before a pair with its high bits set. */
const doubleByteLabels: Readonly<
  Record<string, { readonly label: string; readonly prefix: readonly number[] }>
> = {
  'ISO-IR 87': { label: 'euc-jp', prefix: [] },
  'ISO-IR 159': { label: 'euc-jp', prefix: [0x8f] },
  'ISO-IR 149': { label: 'euc-kr', prefix: [] },
  'ISO-IR 58': { label: 'gb2312', prefix: [] },
};

const built = new Map<string, CodeElement>();

/** The code element of a registration number ('ISO-IR 100'). */
export function codeElement(name: string): CodeElement {
  let element = built.get(name);
  if (element === undefined) {
    element = fromTable(name, buildTable(name), name in doubleByteLabels ? 2 : 1);
    built.set(name, element);
  }
  return element;
}

function buildTable(name: string): ReadonlyMap<number, string> {
  const double = doubleByteLabels[name];
  if (double !== undefined) return doubleByteTable(double.label, double.prefix);
  if (name === 'ISO-IR 6') return asciiTable();
  // JIS X 0201 romaji: ASCII but for YEN SIGN and OVERLINE.
  if (name === 'ISO-IR 14') return new Map([...asciiTable(), [0x5c, '\u00a5'], [0x7e, '\u203e']]);
  // JIS X 0201 katakana: the half-width forms in the order of Unicode.
  if (name === 'ISO-IR 13') return rangeTable(0x21, 0x5f, 0xff61);
  // Latin-1 is the beginning of Unicode; the platform's decoder of that name is windows-1252.
  if (name === 'ISO-IR 100') return rangeTable(0x00, 0x7f, 0x80);
  return upperHalfTable(upperHalfLabels[name] ?? 'iso-8859-2');
}

function asciiTable(): ReadonlyMap<number, string> {
  return rangeTable(0x00, 0x7f, 0x00);
}

/** Codes first to last are the characters from `firstCharacter` on. */
function rangeTable(first: number, last: number, firstCharacter: number): ReadonlyMap<number, string> {
  const table = new Map<number, string>();
  for (let code = first; code <= last; code++) {
    table.set(code, String.fromCharCode(firstCharacter + code - first));
  }
  return table;
}

/** Bytes 80-9F are C1 controls in every ISO 8859 set; some of the platform's decoders have Windows characters there. */
function upperHalfTable(label: string): ReadonlyMap<number, string> {
  const table = new Map(rangeTable(0x00, 0x1f, 0x80));
  const decoder = new TextDecoder(label);
  for (let code = 0x20; code <= 0x7f; code++) {
    const character = decoder.decode(Uint8Array.of(code | 0x80));
    if (isCharacter(character)) table.set(code, character);
  }
  return table;
}

/** All 94 x 94 pairs in one go: a line feed after each pair keeps an invalid one from taking its neighbour along. */
function doubleByteTable(label: string, prefix: readonly number[]): ReadonlyMap<number, string> {
  const codes: number[] = [];
  const bytes: number[] = [];
  for (let first = firstOf94; first <= lastOf94; first++) {
    for (let second = firstOf94; second <= lastOf94; second++) {
      codes.push(first * 128 + second);
      bytes.push(...prefix, first | 0x80, second | 0x80, 0x0a);
    }
  }
  const characters = new TextDecoder(label).decode(Uint8Array.from(bytes)).split('\n');
  const table = new Map<number, string>();
  for (const [index, code] of codes.entries()) {
    const character = characters[index];
    if (character !== undefined && isCharacter(character)) table.set(code, character);
  }
  return table;
}

function isCharacter(text: string): boolean {
  return text !== '' && !text.includes('\ufffd');
}

function fromTable(name: string, table: ReadonlyMap<number, string>, bytesPerCharacter: 1 | 2): CodeElement {
  let codes: Map<string, number> | undefined;
  const encode = (character: string): number | undefined => {
    codes ??= new Map([...table].reverse().map(([code, text]) => [text, code]));
    return codes.get(character);
  };
  return { name, bytesPerCharacter, decode: (code) => table.get(code), encode };
}
