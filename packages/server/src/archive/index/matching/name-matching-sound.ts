/**
 * How a word of a name sounds, roughly, to whoever writes it down: for fuzzy matching (PS3.18 8.3.4.2, PS3.4
 * C.2.2.2.1), which leaves the algorithm to the server. A rule of our own, for folded Latin letters in names of many
 * languages; words of other scripts have no sound here and are matched by their letters.
 *
 * 1. Letters become classes, the longest group of letters first: P (b p), F (f v w ph pf), T (d t th dt), S (s z sh sch
 *    tsch tch cz sz ts tz dz, c before e i y), K (c g k q ch ck gh), K S (x), L, R, M, N. A `p` between `m` and `s` or
 *    `t` is silent, and so is `h`.
 * 2. Classes that are the same and touch are one.
 * 3. With two or more of them, vowels are left out, but that the word begins with one (h j y count as such). With fewer,
 *    vowels are classes too: A (a), I (e i j y), U (o u); or every short word would sound like every other.
 */
export function soundOf(word: string): string | undefined {
  const letters = word.replaceAll(/['’`]/gu, '');
  if (!LATIN.test(letters) || letters.length > WORD_MAX_CHARS) return undefined;
  let full = '';
  let consonants = '';
  let last = '';
  for (let at = 0; at < letters.length;) {
    const [length, classes] = classesAt(letters, at);
    at += length;
    for (const each of classes) {
      if (each !== last) {
        full += each;
        if (!VOWELS.includes(each)) consonants += each;
      }
      last = each;
    }
  }
  if (consonants.length < 2) return consonants === '' ? undefined : full;
  return INITIAL_VOWEL.test(letters) ? `A${consonants}` : consonants;
}

/** No word of a name is longer; a sound costs a step for each letter. */
const WORD_MAX_CHARS = 64;
const LATIN = /^[a-z]+$/;
const INITIAL_VOWEL = /^[aeiouhjy]/;
const VOWELS = 'AIU';

/** Letters together, by the first of them, the longest first, and what they are. */
const GROUPS: Readonly<Record<string, readonly (readonly [letters: string, classes: string])[]>> = {
  c: [
    ['ch', 'K'],
    ['ck', 'K'],
    ['cz', 'S'],
  ],
  d: [
    ['dt', 'T'],
    ['dz', 'S'],
  ],
  g: [['gh', 'K']],
  p: [
    ['ph', 'F'],
    ['pf', 'F'],
  ],
  s: [
    ['sch', 'S'],
    ['sh', 'S'],
    ['sz', 'S'],
  ],
  t: [
    ['tsch', 'S'],
    ['tch', 'S'],
    ['th', 'T'],
    ['ts', 'S'],
    ['tz', 'S'],
  ],
};

const CLASSES: Readonly<Record<string, string>> = {
  ...{ a: 'A', e: 'I', i: 'I', j: 'I', y: 'I', o: 'U', u: 'U', h: '' },
  ...{ b: 'P', p: 'P', f: 'F', v: 'F', w: 'F', d: 'T', t: 'T', s: 'S', z: 'S' },
  ...{ c: 'K', g: 'K', k: 'K', q: 'K', x: 'KS', l: 'L', r: 'R', m: 'M', n: 'N' },
};

function classesAt(letters: string, at: number): readonly [length: number, classes: string] {
  const letter = letters.charAt(at);
  const group = GROUPS[letter]?.find(([text]) => letters.startsWith(text, at));
  if (group !== undefined) return [group[0].length, group[1]];
  const next = letters.charAt(at + 1);
  if (letter === 'c' && (next === 'e' || next === 'i' || next === 'y')) return [1, 'S'];
  const isSilent = letter === 'p' && letters.charAt(at - 1) === 'm' && (next === 's' || next === 't');
  return [1, isSilent ? '' : (CLASSES[letter] ?? '')];
}
