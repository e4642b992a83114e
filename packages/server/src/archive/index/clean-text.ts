/** What no text of a data set may hold, and what separates fields and ends texts in an index. */
const controls = /\p{Cc}/gu;
/** Of these a long text may hold tab, line feed, form feed and carriage return (PS3.5 6.1.3). */
const controlsOfLongText = /[^\P{Cc}\t\n\f\r]/gu;

/** VRs whose text may have lines and pages. */
export const longTextVRs: ReadonlySet<string> = new Set(['LT', 'ST', 'UC', 'UR', 'UT']);

/**
 * Text as it can be stored and found again: no control characters, whole characters only, so long at most. Keys of a
 * query are cleaned like what they are compared with.
 */
export function cleanText(text: string, charsMax: number, isLongText = false): string {
  return text
    .replace(isLongText ? controlsOfLongText : controls, '')
    .slice(0, charsMax)
    .toWellFormed();
}
