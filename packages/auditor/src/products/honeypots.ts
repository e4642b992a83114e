/** How a system answered questions that no honest server says yes to. */
export interface TrapSigns {
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
  /** It accepted an abstract syntax that does not exist. */
  readonly acceptsNonsenseClass: boolean;
  /** It accepted a transfer syntax that does not exist. */
  readonly acceptsNonsenseSyntax: boolean;
  /** It had a match for a UID made a moment ago. */
  readonly answersRandomUID: boolean;
}

/** Toolkits that are used for traps and hardly for archives. */
const trapImplementations: readonly { sign: 'uid' | 'name'; pattern: RegExp; words: string }[] = [
  {
    sign: 'uid',
    pattern: /^1\.2\.826\.0\.1\.3680043\.9\.7133\.1\.1$/,
    words: 'Go toolkit of a known honeypot',
  },
  { sign: 'name', pattern: /^GO(NET)?DICOM_1_1$/, words: 'Go toolkit of a known honeypot' },
  { sign: 'name', pattern: /honeypot|dicompot/i, words: 'calls itself a honeypot' },
];

/**
 * Signs of a trap, in words; empty for an honest system. Accepting a transfer syntax that does not exist is enough:
 * whoever does so cannot mean it. A storage server may be promiscuous about classes, so that sign needs a second.
 */
export function trapWords(signs: TrapSigns): string[] {
  const words = trapImplementations
    .filter(({ sign, pattern }) =>
      pattern.test((sign === 'uid' ? signs.implementationClassUID : signs.implementationVersionName) ?? ''),
    )
    .map((row) => row.words);
  if (signs.acceptsNonsenseSyntax) words.push('accepts a transfer syntax that does not exist');
  if (signs.acceptsNonsenseClass && (words.length > 0 || signs.answersRandomUID)) {
    words.push('accepts a SOP class that does not exist');
  }
  if (signs.answersRandomUID && words.length > 0) words.push('has a match for a UID made a moment ago');
  return words;
}
