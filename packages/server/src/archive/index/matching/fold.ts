/**
 * Folding of person names, so that a search finds them however they were typed (PS3.4 C.2.2.2.1 lets PN be
 * matched without regard to case and accents). Independent of locale: the same name folds the same everywhere.
 */

const printableASCII = /^[\x20-\x7e]*$/;

/**
 * Marks that are accents or optional vocalisation: combining diacritics, Hebrew points, Arabic harakat and
 * tatweel. Marks of other scripts (Indic and Thai vowels, kana voicing) are letters to their readers and stay.
 */
const accents =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu;

/** Letters that Unicode does not decompose, though a keyboard without them writes the base letter. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŀ: 'l',
  ŧ: 't',
  þ: 'th',
  ŋ: 'n',
  ς: 'σ',
};
const plainLettersPattern = /[ßæœøđðħıłŀŧþŋς]/gu;

/** Text without case, accents and width: half-width kana and full-width Latin become their usual forms. */
export function fold(text: string): string {
  if (printableASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(accents, '')
    .replace(plainLettersPattern, (letter) => plainLetters[letter] ?? letter)
    .normalize('NFC');
}

/** Component groups of a person name (PS3.5 6.2.1.2): alphabetic, ideographic, phonetic. */
const groupsMax = 3;

/** The folded component groups of a name: outer spaces and trailing '^' of no meaning are gone; '' for an empty group. */
export function foldedGroups(name: string): string[] {
  return name.split('=', groupsMax).map((group) => trimComponents(fold(group)));
}

/** Components without the spaces around them, and without empty ones at the end (PS3.5 6.2.1.1). */
export function trimComponents(group: string): string {
  const trimmed = group.includes(' ') ? group.replace(/ *\^ */g, '^').trim() : group;
  return trimmed.endsWith('^') ? trimmed.replace(/\^+$/, '') : trimmed;
}

const firstIdeographicUnit = 0x2e80;

/**
 * The text that trigrams and pairs of letters are told by. Names in Han, kana and Hangul are two or three characters
 * long, too short for trigrams: each becomes three characters of the private use area, in three ranges, and so a trigram
 * of its own.
 */
export function forTrigrams(folded: string): string {
  if (printableASCII.test(folded)) return folded;
  let text = '';
  for (let index = 0; index < folded.length; index++) {
    const unit = folded.charCodeAt(index);
    text +=
      unit < firstIdeographicUnit
        ? folded.charAt(index)
        : String.fromCharCode(0xe000 + (unit >> 10), 0xe100 + ((unit >> 5) & 31), 0xe200 + (unit & 31));
  }
  return text;
}

/**
 * Trigrams that cover a piece of text, side by side and one at its end; none when it is too short for any. Those that
 * overlap would narrow little further.
 */
export function trigramsOf(piece: string): string[] {
  const text = forTrigrams(piece);
  const trigrams: string[] = [];
  for (let index = 0; index + 3 <= text.length; index += 3) trigrams.push(text.slice(index, index + 3));
  if (text.length > 3 && text.length % 3 !== 0) trigrams.push(text.slice(-3));
  return trigrams;
}
