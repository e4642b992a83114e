import { Tag, readPart10 } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { corpusMissingReason, corpusTitle, fileBytes, manifest } from './corpus.ts';

/** Patient's Name of files made to show a character set, as their authors give it. */
const names: Readonly<Record<string, string>> = {
  'pydicom__pydicom/charset_files/chrArab.dcm': 'قباني^لنزار',
  'pydicom__pydicom/charset_files/chrFren.dcm': 'Buc^Jérôme',
  'pydicom__pydicom/charset_files/chrGerm.dcm': 'Äneas^Rüdiger',
  'pydicom__pydicom/charset_files/chrGreek.dcm': 'Διονυσιος',
  'pydicom__pydicom/charset_files/chrH31.dcm': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  'pydicom__pydicom/charset_files/chrH32.dcm': 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
  'pydicom__pydicom/charset_files/chrHbrw.dcm': 'שרון^דבורה',
  'pydicom__pydicom/charset_files/chrI2.dcm': 'Hong^Gildong=洪^吉洞=홍^길동',
  'pydicom__pydicom/charset_files/chrJapMulti.dcm': 'やまだ^たろう',
  'pydicom__pydicom/charset_files/chrJapMultiExplicitIR6.dcm': 'やまだ^たろう',
  'pydicom__pydicom/charset_files/chrKoreanMulti.dcm': '김희중',
  'pydicom__pydicom/charset_files/chrRuss.dcm': 'Люкceмбypг',
  'pydicom__pydicom/charset_files/chrX1.dcm': 'Wang^XiaoDong=王^小東=',
  'pydicom__pydicom/charset_files/chrX2.dcm': 'Wang^XiaoDong=王^小东=',
  'generated/charset_GBK_chinese.dcm': 'Zhang^XiaoDong=张^小东',
  'generated/charset_ISO2022_IR_159_japanese.dcm': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  'generated/charset_ISO2022_multi_greek_cyrillic.dcm': 'Papa^Eleni=Παπά^Ελένη=Иванова^Елена',
  'generated/charset_ISO_IR_101_polish.dcm': 'Święcka^Żaneta',
  'generated/charset_ISO_IR_109_esperanto.dcm': 'Ĉapelisto^Ĝis',
  'generated/charset_ISO_IR_110_latvian.dcm': 'Bērziņš^Jānis',
  'generated/charset_ISO_IR_13_katakana.dcm': 'ﾔﾏﾀﾞ^ﾀﾛｳ',
  'generated/charset_ISO_IR_148_turkish.dcm': 'Yılmaz^Şükrü',
  'generated/charset_ISO_IR_166_thai.dcm': 'สมชาย^ใจดี',
};

describe.skipIf(corpusMissingReason !== undefined)(corpusTitle('character sets of the corpus'), () => {
  test.each(Object.entries(names))('%s', (file, name) => {
    expect(readPart10(fileBytes(file)).dataSet.string(Tag.PatientName)).toBe(name);
  });

  test('no name of a file that names a character set holds U+FFFD', () => {
    const spoilt = manifest()
      .filter(
        ({ charset, file }) =>
          charset !== undefined && charset !== null && charset !== '' && !file.startsWith('pwnlabmx__'),
      )
      .filter(({ file }) => {
        try {
          return readPart10(fileBytes(file)).dataSet.string(Tag.PatientName)?.includes('\ufffd') === true;
        } catch {
          return false;
        }
      });
    expect(spoilt.map(({ file }) => file)).toEqual([]);
  });
});
