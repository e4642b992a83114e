/** A Content-Type of parts of this type (RFC 2387). */
export function multipartType(type: string, boundary: string): string {
  return `multipart/related; type="${type}"; boundary=${boundary}`;
}

/** What stands before a part (RFC 2046 5.1.1). */
export function partHeader(
  boundary: string,
  headers: Readonly<Record<string, string>>,
  isFirst: boolean,
): Uint8Array {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${isFirst ? '' : '\r\n'}--${boundary}\r\n${lines.join('')}\r\n`, 'latin1');
}

/** What stands behind the last part. */
export const closing = (boundary: string): Uint8Array => Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
