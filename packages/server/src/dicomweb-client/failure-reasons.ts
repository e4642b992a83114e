/** Failure Reason (0008,1197) in words (PS3.18 Table I.2-2, PS3.7 Annex C, PS3.4 Table B.2-1). */
const REASONS: ReadonlyMap<number, string> = new Map([
  [0x0106, 'an attribute has a value that is not allowed'],
  [0x0110, 'the server failed while it worked on it'],
  [0x0111, 'another data set is held under the same SOPInstanceUID'],
  [0x0112, 'no such instance'],
  [0x0116, 'an attribute has a value that is out of range'],
  [0x0117, 'its SOPInstanceUID breaks the rules for UIDs'],
  [0x0118, 'no such SOP class'],
  [0x0119, 'the instance is not of the SOP class it names'],
  [0x0120, 'an attribute that it must have is missing'],
  [0x0121, 'an attribute that must have a value has none'],
  [0x0122, 'its SOP class is not supported there'],
  [0x0124, 'the server does not allow it'],
  [0x0131, 'the transaction was there before'],
  [0x0213, 'the server ran out of resources'],
  [0xc122, 'its transfer syntax is not supported there'],
]);
/** Ranges of PS3.4 Table B.2-1 by their first digits. */
const RANGES: readonly (readonly [mask: number, prefix: number, words: string])[] = [
  [0xff00, 0xa700, 'the server ran out of room'],
  [0xff00, 0xa900, 'the data set is not what its SOP class or this request says'],
  [0xf000, 0xc000, 'the server cannot read the data set'],
];
const WARNINGS: ReadonlyMap<number, string> = new Map([
  [0xb000, 'stored, but the server changed values'],
  [0xb006, 'stored, but the server left elements out'],
  [0xb007, 'stored, though it does not fit its SOP class'],
]);

/** Words for a person, with the code for the manual. */
export function failureWords(reason: number | undefined): string {
  if (reason === undefined) return 'refused without a reason';
  const words =
    REASONS.get(reason) ?? RANGES.find(([mask, prefix]) => (reason & mask) === prefix)?.[2] ?? 'refused';
  return `${words} (${hex(reason)})`;
}

export function warningWords(reason: number): string {
  return `${WARNINGS.get(reason) ?? 'stored with a warning'} (${hex(reason)})`;
}

const hex = (code: number): string => `0x${(code & 0xffff).toString(16).toUpperCase().padStart(4, '0')}`;
