/** A national number by its shape and check digits. */
export interface NationalNumber {
  /** ISO 3166-1 country code and the number's customary name. */
  readonly kind: string;
  readonly pattern: RegExp;
  /** Bare digits: believed only where a person's number belongs, for device numbers are as long. */
  readonly isBare?: true;
  /** Of the letters and digits of a match, capitals. */
  readonly isValid: (compact: string) => boolean;
}

const digitsOf = (text: string): number[] => [...text].map(Number);

function weightedSum(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);
}

function luhn(text: string): boolean {
  const sum = digitsOf(text)
    .reverse()
    .reduce((total, digit, index) => {
      const value = index % 2 === 1 ? digit * 2 : digit;
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

function isDayAndMonth(day: number, month: number): boolean {
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

/** Dihedral group of order 10, as ISO 7064's neighbour by Verhoeff has it: products, and permutations by place. */
const verhoeffProducts = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const verhoeffPermutations = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

function verhoeff(text: string): boolean {
  const check = digitsOf(text)
    .reverse()
    .reduce((product, digit, index) => {
      const permuted = Number(verhoeffPermutations[index % 8]?.[digit]);
      return Number(verhoeffProducts[product]?.[permuted]);
    }, 0);
  return check === 0;
}

function modulo11Pair(text: string, first: readonly number[], second: readonly number[]): boolean {
  const digits = digitsOf(text);
  const expected = (weights: readonly number[]): number => (11 - (weightedSum(digits, weights) % 11)) % 11;
  return expected(first) === digits[first.length] && expected(second) === digits[second.length];
}

const spanishLetters = 'TRWAGMYFPDXBNJZSQVHLCKE';
const finnishSigns = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/**
 * Numbers that are unlikely to come by chance: written with their separators, or with two check digits, or with a date
 * in them. Ten digits with one check digit would name every eleventh patient number.
 */
export const nationalNumbers: readonly NationalNumber[] = [
  {
    kind: 'us-ssn',
    pattern: /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])/g,
    isValid: () => true,
  },
  {
    kind: 'tr-tckn',
    isBare: true,
    pattern: /(?<!\d)[1-9]\d{10}(?!\d)/g,
    isValid: (text) => {
      const digits = digitsOf(text);
      const odd = weightedSum(digits, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
      const even = weightedSum(digits, [0, 1, 0, 1, 0, 1, 0, 1]);
      const all = weightedSum(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
      return (((odd * 7 - even) % 10) + 10) % 10 === digits[9] && all % 10 === digits[10];
    },
  },
  {
    kind: 'no-fodselsnummer',
    isBare: true,
    pattern: /(?<!\d)[0-7]\d[0-1]\d{8}(?!\d)/g,
    isValid: (text) =>
      isDayAndMonth(Number(text.slice(0, 2)) % 40, Number(text.slice(2, 4))) &&
      modulo11Pair(text, [3, 7, 6, 1, 8, 9, 4, 5, 2], [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
  },
  {
    kind: 'pl-pesel',
    isBare: true,
    pattern: /(?<!\d)\d{11}(?!\d)/g,
    isValid: (text) =>
      isDayAndMonth(Number(text.slice(4, 6)), Number(text.slice(2, 4)) % 20) &&
      weightedSum(digitsOf(text), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
  },
  {
    kind: 'br-cpf',
    pattern: /(?<!\d)\d{3}\.\d{3}\.\d{3}-\d\d(?!\d)/g,
    isValid: (text) => {
      const digits = digitsOf(text);
      const expected = (weights: readonly number[]): number =>
        ((weightedSum(digits, weights) * 10) % 11) % 10;
      return (
        expected([10, 9, 8, 7, 6, 5, 4, 3, 2]) === digits[9] &&
        expected([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) === digits[10]
      );
    },
  },
  {
    kind: 'es-dni',
    pattern: /(?<![\dA-Z])[XYZ]?\d{7,8}-?[A-Z](?![\dA-Z])/gi,
    isValid: (text) => {
      const number = Number(text.slice(0, -1).replace(/^[XYZ]/, (letter) => `${'XYZ'.indexOf(letter)}`));
      return text.length === 9 && spanishLetters[number % 23] === text.at(-1);
    },
  },
  {
    kind: 'it-codice-fiscale',
    pattern: /(?<![\dA-Z])[A-Z]{6}\d\d[ABCDEHLMPRST]\d\d[A-Z]\d{3}[A-Z](?![\dA-Z])/gi,
    isValid: (text) => isDayAndMonth(Number(text.slice(9, 11)) % 40, 1),
  },
  {
    kind: 'fr-nir',
    pattern: /(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\d)/gi,
    isValid: (text) => {
      const number = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
      return 97 - Number(BigInt(number) % 97n) === Number(text.slice(13));
    },
  },
  {
    kind: 'fi-henkilotunnus',
    pattern: /(?<!\w)\d{6}[-+A]\d{3}[\dA-Y](?!\w)/gi,
    isValid: (text) => {
      const number = Number(text.slice(0, 6) + text.slice(-4, -1));
      return finnishSigns[number % 31] === text.at(-1);
    },
  },
  {
    kind: 'se-personnummer',
    pattern: /(?<!\d)(?:\d\d)?\d{6}[-+]\d{4}(?!\d)/g,
    isValid: (text) => {
      const ten = text.slice(-10);
      return isDayAndMonth(Number(ten.slice(4, 6)) % 60, Number(ten.slice(2, 4))) && luhn(ten);
    },
  },
  {
    kind: 'be-rijksregisternummer',
    pattern: /(?<!\d)\d\d\.\d\d\.\d\d-\d{3}\.\d\d(?!\d)/g,
    isValid: (text) => {
      const [number, check] = [text.slice(0, 9), Number(text.slice(9))];
      return 97 - (Number(number) % 97) === check || 97 - (Number(`2${number}`) % 97) === check;
    },
  },
  {
    kind: 'gb-nhs-number',
    pattern: /(?<!\d)\d{3}[ -]\d{3}[ -]\d{4}(?!\d)/g,
    isValid: (text) => {
      const digits = digitsOf(text);
      return (11 - (weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digits[9];
    },
  },
  {
    kind: 'in-aadhaar',
    pattern: /(?<!\d)[2-9]\d{3} \d{4} \d{4}(?!\d)/g,
    isValid: verhoeff,
  },
];
