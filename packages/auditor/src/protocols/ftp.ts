import { ProbeError } from '../transport/index.ts';
import type { AnswerReader, Parse } from './answer-reader.ts';
import { LINE_MAX_BYTES, MESSAGE_MAX_BYTES, line } from './answer-reader.ts';

/** A whole FTP reply (RFC 959 4.2), its texts in memory only as long as they are counted. */
export interface FtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Lines of one reply. A folder with more files than this is counted as "at least". */
const REPLY_LINES_MAX = MESSAGE_MAX_BYTES / 16;

export const ftpReply: Parse<FtpReply> = (bytes) => {
  const lines: string[] = [];
  let [at, code] = [0, ''];
  for (;;) {
    const parsed = line(bytes.subarray(at, at + LINE_MAX_BYTES + 2));
    if (parsed === undefined) return undefined;
    at += parsed.length;
    const { value } = parsed;
    if (code === '') {
      if (!/^[1-5]\d\d[ -]/.test(value)) throw new ProbeError('PROTOCOL', 'NO_FTP');
      code = value.slice(0, 3);
    }
    lines.push(value);
    if (value.startsWith(`${code} `)) return { value: { code: Number(code), lines }, length: at };
    if (lines.length > REPLY_LINES_MAX) throw new ProbeError('PROTOCOL', 'FTP_REPLY');
  }
};

/** What anonymous FTP asks for as password by custom: an address; nobody's. */
const ANONYMOUS_PASSWORD = 'expoaudit@example.invalid';

export interface AnonymousLogin {
  /** Codes of the greeting and of the last reply. */
  readonly greeting: number;
  readonly reply: number;
  readonly isLoggedIn: boolean;
}

/** Greeting, USER anonymous and, if it is asked for, PASS with nobody's address. */
export async function logInAnonymously(
  reader: AnswerReader,
  write: (text: string) => void,
): Promise<AnonymousLogin> {
  const greeting = (await reader.next(ftpReply)).code;
  if (greeting !== 220) return { greeting, reply: greeting, isLoggedIn: false };
  write('USER anonymous\r\n');
  let { code } = await reader.next(ftpReply);
  if (code === 331) {
    write(`PASS ${ANONYMOUS_PASSWORD}\r\n`);
    ({ code } = await reader.next(ftpReply));
  }
  return { greeting, reply: code, isLoggedIn: code === 230 };
}
