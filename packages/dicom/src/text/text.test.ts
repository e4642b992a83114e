import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { characterSetTerms } from '../generated/character-sets.js';
import { characterSetFor, decodeText, encodeText, parsePersonName } from '../index.ts';

/** Bytes of text in which \x escapes stand for themselves. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

describe('person names of PS3.5 Annexes H to K decode and encode', () => {
  const greek = ['ISO_IR 126'];
  const examples: [title: string, set: string[], text: string, encoded: string][] = [
    [
      'H.3.1 kanji with ASCII',
      ['', 'ISO 2022 IR 87'],
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
      'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B',
    ],
    [
      'H.3.2 kanji with JIS X 0201',
      ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
      '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J',
    ],
    [
      'I.2 Korean',
      ['', 'ISO 2022 IR 149'],
      'Hong^Gildong=洪^吉洞=홍^길동',
      'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
    ],
    [
      'J.1 Unicode',
      ['ISO_IR 192'],
      'Wang^XiaoDong=王^小東',
      'Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1',
    ],
    ['J.3 GB18030', ['GB18030'], 'Wang^XiaoDong=王^小东', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab'],
    [
      'K GB 2312',
      ['', 'ISO 2022 IR 58'],
      'Zhang^XiaoDong=张^小东',
      'Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab',
    ],
    ['Latin-1', ['ISO_IR 100'], 'Äneas^Rüdiger', '\xc4neas^R\xfcdiger'],
    ['Cyrillic', ['ISO_IR 144'], 'Люкceмбypг', '\xbb\xee\xdace\xdc\xd1yp\xd3'],
    ['Greek', greek, 'Διονυσιος', '\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2'],
    [
      'two sets in one name',
      ['ISO 2022 IR 6', 'ISO 2022 IR 126', 'ISO 2022 IR 144'],
      'Διο^Лю',
      '\x1b-F\xc4\xe9\xef^\x1b-L\xbb\xee',
    ],
  ];

  test.each(examples)('%s', (_title, set, text, encoded) => {
    expect(decodeText(bytes(encoded), set, 'PN')).toBe(text);
    expect(encodeText(text, set, 'PN')).toEqual(bytes(encoded));
  });
});

describe('decoding', () => {
  test('a backslash that is half of a character divides no values: GB18030 and ISO 2022', () => {
    expect(decodeText(bytes('\x97\x5c\\\x97\x5c'), ['GB18030'], 'LO')).toBe('梊\\梊');
    expect(
      decodeText(bytes('\x1b$B\x35\x5c\x1b(B\\A'), ['', 'ISO 2022 IR 87'], 'LO').split('\\'),
    ).toHaveLength(2);
  });

  test('line ends, tabs and value delimiters go back to the initial set, spaces do not', () => {
    const set = ['ISO 2022 IR 6', 'ISO 2022 IR 126', 'ISO 2022 IR 144'];
    expect(decodeText(bytes('\x1b-F\xc4 \xc4'), set, 'LO')).toBe('Δ Δ');
    for (const delimiter of ['\r', '\n', '\t', '\f']) {
      expect(decodeText(bytes(`\x1b-F\xc4${delimiter}\xc4`), set, 'LT')).toBe(`Δ${delimiter}\ufffd`);
    }
    expect(decodeText(bytes('\x1b-F\xc4\\\xc4'), set, 'LO')).toBe('Δ\\\ufffd');
    expect(decodeText(bytes('\x1b-F\xc4^\xc4'), set, 'LO')).toBe('Δ^Δ');
  });

  test('a Korean text that forgets to designate again is understood', () => {
    expect(decodeText(bytes('\x1b$)C\xb1\xe8\n\xb1\xe8'), ['', 'ISO 2022 IR 149'], 'LT')).toBe('김\n김');
  });

  test('JIS X 0201 has YEN SIGN and OVERLINE where ASCII has backslash and tilde; between values it stays a delimiter', () => {
    expect(decodeText(bytes('a\\b~'), ['ISO_IR 13'], 'LT')).toBe('a¥b‾');
    expect(decodeText(bytes('a\\b~'), ['ISO_IR 13'], 'LO')).toBe('a\\b‾');
    expect(encodeText('¥', ['ISO_IR 13'], 'LO')).toBeUndefined();
  });

  test('what has no meaning becomes U+FFFD: unknown terms, bytes beyond ASCII without a set, unknown escapes', () => {
    expect(decodeText(bytes('a\xe9'), ['ISO_IR 999'], 'LO')).toBe('a\ufffd');
    expect(decodeText(bytes('a\xe9'), [''], 'LO')).toBe('a\ufffd');
    expect(decodeText(bytes('a\x1b$Zb'), ['', 'ISO 2022 IR 87'], 'LO')).toBe('a\ufffd$Zb');
    expect(decodeText(bytes('\xe9'), ['ISO_IR 192'], 'LO')).toBe('\ufffd');
  });

  test('terms as files misspell them are understood', () => {
    for (const term of ['ISO-IR 100', 'ISO IR 100', 'iso_ir 100', 'ISO_IR_100', 'ISO 2022 IR 100']) {
      expect(decodeText(bytes('\xe9'), [term], 'LO'), term).toBe('é');
    }
    expect(decodeText(bytes('\xc3\xa9'), ['ISO 2022 IR 192'], 'LO')).toBe('é');
  });

  test('Specific Character Set does not touch CS, UI, DA and the like (PS3.5 6.1.2.2)', () => {
    expect(decodeText(bytes('\xe9'), ['ISO_IR 100'], 'CS')).toBe('\ufffd');
  });

  test('ASCII of any length is what it is, in every set', () => {
    const set = fc.constantFrom([], ['ISO_IR 100'], ['ISO_IR 192'], ['', 'ISO 2022 IR 87']);
    const ascii = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 300,
    });
    fc.assert(
      fc.property(ascii, set, (text, terms) => {
        expect(decodeText(bytes(text), terms, 'LO')).toBe(text);
      }),
    );
  });

  test('never throws, whatever the bytes, the set and the VR', () => {
    const set = fc.array(
      fc.oneof(fc.constantFrom(...characterSetTerms.map(({ term }) => term)), fc.string()),
      { maxLength: 4 },
    );
    const escapes = fc.constantFrom(
      '1b2442',
      '1b242844',
      '1b242943',
      '1b242941',
      '1b2849',
      '1b2d46',
      '5c',
      '5e',
      '3d',
      '0a',
    );
    const content = fc
      .array(
        fc.oneof(
          escapes,
          fc.uint8Array({ maxLength: 4 }).map((part) => Buffer.from(part).toString('hex')),
        ),
        { maxLength: 20 },
      )
      .map((parts) => Uint8Array.from(Buffer.from(parts.join(''), 'hex')));
    fc.assert(
      fc.property(content, set, fc.constantFrom('PN', 'LO', 'LT', 'CS'), (value, terms, vr) => {
        expect(typeof decodeText(value, terms, vr)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});

describe('every term of PS3.3 C.12.1.1.2', () => {
  const samples: Readonly<Record<string, string>> = {
    'ISO_IR 100': 'é',
    'ISO_IR 101': 'ř',
    'ISO_IR 109': 'ĝ',
    'ISO_IR 110': 'ā',
    'ISO_IR 144': 'Ж',
    'ISO_IR 127': 'ق',
    'ISO_IR 126': 'Ω',
    'ISO_IR 138': 'ש',
    'ISO_IR 148': 'ğ',
    'ISO_IR 203': '€',
    'ISO_IR 13': 'ｶ',
    'ISO_IR 166': 'ก',
    'ISO 2022 IR 87': '漢',
    'ISO 2022 IR 159': '丂',
    'ISO 2022 IR 149': '한',
    'ISO 2022 IR 58': '汉',
    'ISO_IR 192': '😀',
    GB18030: '㐀😀',
    GBK: '汉',
  };

  test.each(characterSetTerms.map(({ term }) => term))(
    '%s holds its characters, alone or behind another',
    (term) => {
      const sample = samples[term] ?? samples[term.replace('ISO 2022 IR', 'ISO_IR')] ?? 'plain';
      const sets = term.startsWith('ISO 2022') ? [['', term], [term]] : [[term]];
      for (const set of sets) {
        const encoded = encodeText(`A${sample} ${sample}^b`, set, 'PN');
        expect(encoded, set.join('\\')).toBeDefined();
        expect(decodeText(encoded ?? new Uint8Array(), set, 'PN')).toBe(`A${sample} ${sample}^b`);
      }
    },
  );

  test('a text that a set can encode comes back the same; others are refused, not changed', () => {
    const set = fc.constantFrom(
      ...Object.keys(samples).map((term) => (term.startsWith('ISO 2022') ? ['', term] : [term])),
    );
    const unit = fc.constantFrom(...'aZ9 ^=-éřЖΩกカｶ漢丂한汉€😀¥~');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), set, (text, terms) => {
        const encoded = encodeText(text, terms, 'PN');
        if (encoded !== undefined) expect(decodeText(encoded, terms, 'PN')).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('characterSetFor keeps the preferred set while it can and takes UTF-8 when it must', () => {
    expect(characterSetFor(['Müller'], ['ISO_IR 100'])).toEqual(['ISO_IR 100']);
    expect(characterSetFor(['Müller', '山田'], ['ISO_IR 100'])).toEqual(['ISO_IR 192']);
  });
});

test('person names split into groups and components (PS3.5 6.2.1)', () => {
  const name = parsePersonName('Yamada^Tarou^^Dr^Jr=山田^太郎');
  expect(name.alphabetic).toEqual({
    familyName: 'Yamada',
    givenName: 'Tarou',
    middleName: '',
    namePrefix: 'Dr',
    nameSuffix: 'Jr',
  });
  expect(name.ideographic.givenName).toBe('太郎');
  expect(name.phonetic.familyName).toBe('');
});
