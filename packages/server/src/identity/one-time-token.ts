import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits: nobody guesses it, so a fast hash is enough and there is no need to slow a guesser down. */
const TOKEN_LENGTH = 32;

/** What is kept of a one-time token: never the token. Times are ms since 1970. */
export interface OneTimeToken {
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A new token for a link (base64url, 43 characters), and the record to store. */
export function createOneTimeToken(now: number, validityMs: number): { token: string; record: OneTimeToken } {
  const token = randomBytes(TOKEN_LENGTH).toString('base64url');
  return { token, record: { hash: hashToken(token), createdAt: now, expiresAt: now + validityMs } };
}

/** Whether a presented token is the stored one and in time. The caller removes the record when it was used. */
export function matchesOneTimeToken(presented: string, record: OneTimeToken, now: number): boolean {
  const wanted = Buffer.from(record.hash, 'hex');
  const given = Buffer.from(hashToken(presented), 'hex');
  return wanted.length === given.length && timingSafeEqual(wanted, given) && now < record.expiresAt;
}

function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
