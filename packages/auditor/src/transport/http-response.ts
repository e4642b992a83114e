import { HTTP_HEADER_LINES_MAX, HTTP_HEADER_MAX_BYTES } from './limits.ts';

export interface ResponseHead {
  readonly status: number;
  /** Names in lower case; repeated fields joined with ', '. */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes of the head with the empty line behind it. */
  readonly headBytes: number;
}

/**
 * The status line and header fields of an HTTP/1.x response (RFC 9112 4 and 5). `incomplete` when the empty line has
 * not come yet, `invalid` when this is no HTTP or longer than a header may be.
 */
export function parseResponseHead(bytes: Buffer): ResponseHead | 'incomplete' | 'invalid' {
  const start = bytes.subarray(0, 5).toString('latin1');
  if (!'HTTP/'.startsWith(start.slice(0, 5))) return 'invalid';
  const end = endOfHead(bytes);
  if (end === undefined) return bytes.length > HTTP_HEADER_MAX_BYTES ? 'invalid' : 'incomplete';
  if (end > HTTP_HEADER_MAX_BYTES) return 'invalid';
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split(/\r?\n/);
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined || lines.length > HTTP_HEADER_LINES_MAX) return 'invalid';
  const headers = new Map<string, string>();
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    // A line that is no field is passed over: what a check needs is in the fields that are.
    if (field === null) continue;
    const name = (field[1] ?? '').toLowerCase();
    const before = headers.get(name);
    const value = field[2] ?? '';
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers, headBytes: end };
}

function endOfHead(bytes: Buffer): number | undefined {
  const strict = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  const loose = bytes.indexOf('\n\n', 0, 'latin1');
  if (strict < 0 && loose < 0) return undefined;
  return strict >= 0 && (loose < 0 || strict < loose) ? strict + 4 : loose + 2;
}

/** Body bytes of a chunked message as far as they came (RFC 9112 7.1); undefined when the framing is broken. */
export function decodeChunked(
  bytes: Buffer,
  maxBytes: number,
): { body: Buffer; isComplete: boolean } | undefined {
  const parts: Buffer[] = [];
  let length = 0;
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return { body: Buffer.concat(parts), isComplete: false };
    const size = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(
      bytes.subarray(at, Math.min(lineEnd, at + 256)).toString('latin1'),
    );
    if (size === null) return undefined;
    const chunkLength = Number.parseInt(size[1] ?? '', 16);
    if (chunkLength === 0) return { body: Buffer.concat(parts), isComplete: true };
    const chunk = bytes.subarray(lineEnd + 2, lineEnd + 2 + Math.min(chunkLength, maxBytes - length));
    parts.push(chunk);
    length += chunk.length;
    at = lineEnd + 2 + chunkLength + 2;
    if (at > bytes.length || length >= maxBytes) return { body: Buffer.concat(parts), isComplete: false };
  }
}
