/** Longest path that is printed: what file systems allow is longer than what anybody reads. */
const printedLengthMax = 1_024;

/**
 * A name from a file system or an archive as text that can be printed: what is not UTF-8, and control and direction
 * characters, are written as \xNN or \u{NNNN}, so that a name cannot steer a terminal or forge a line.
 */
export function printable(name: Uint8Array): string {
  const text = Buffer.from(name.buffer, name.byteOffset, name.length).toString('utf8');
  const isUTF8 = Buffer.from(text, 'utf8').equals(name);
  const shown = isUTF8 ? text : Buffer.from(name).toString('latin1');
  const escaped = shown.replace(/[\p{C}\u2028\u2029\\]/gu, (sign) =>
    sign === '\\' ? '\\\\' : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return escaped.length <= printedLengthMax ? escaped : `${escaped.slice(0, printedLengthMax)}...`;
}
