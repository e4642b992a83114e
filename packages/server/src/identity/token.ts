import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { IdentityError } from './errors.ts';
import { TOKEN_VERBS, type Principal, type TokenVerb } from './principal.ts';

/** 256 bits: nobody guesses it, so a fast hash is enough and there is no need to slow a guesser down. */
const SECRET_BYTES = 32;
/** The public part: finds the record, stands in lists and in the trail. */
const ID_BYTES = 8;
/** Starts every token, so that scanners of source code and logs recognise one that was left lying about. */
const PREFIX = 'lgt';
const TOKEN_PATTERN = /^lgt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

const HOUR_MS = 60 * 60 * 1000;
/** A token is no certificate: whoever needs one for longer makes a new one, and the old one is forgotten. */
export const TOKEN_VALIDITY_MS_MAX: number = 366 * 24 * HOUR_MS;
const NAME_LENGTH_MAX = 64;

/** What is usually asked for, by name. */
export const ROLES: Readonly<Record<string, readonly TokenVerb[]>> = {
  viewer: ['find', 'get'],
  sender: ['store', 'commit'],
  exchange: ['find', 'get', 'store', 'commit'],
};

/** What is kept of a bearer token: never the token. Times are ms since 1970. */
export interface Token {
  readonly id: string;
  /** SHA-256 over the secret part, hexadecimal. */
  readonly hash: string;
  /** Whom it was made for, as the operator wrote it. */
  readonly name: string;
  readonly verbs: readonly TokenVerb[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt?: number;
}

export interface TokenRequest {
  readonly name: string;
  readonly verbs: readonly string[];
  readonly validityMs: number;
}

/** A new token and the record to store. @throws IdentityError */
export function makeToken(request: TokenRequest, now: number): { token: string; record: Token } {
  const { validityMs } = request;
  if (!Number.isInteger(validityMs) || validityMs < 1 || validityMs > TOKEN_VALIDITY_MS_MAX) {
    throw new IdentityError('INVALID_VALIDITY', 'a token is valid for 1 second to 366 days: --expires 8h');
  }
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const record: Token = {
    id,
    hash: hashOf(secret),
    name: parseTokenName(request.name),
    verbs: parseTokenVerbs(request.verbs),
    createdAt: now,
    expiresAt: now + validityMs,
  };
  return { token: `${PREFIX}_${id}_${secret}`, record };
}

/** The public part of what was presented; undefined when it is no token of ours. */
export function tokenIDOf(presented: string): string | undefined {
  return TOKEN_PATTERN.exec(presented)?.[1];
}

/** Whether the presented token is the recorded one, in a time that does not depend on where they differ. */
export function matchesToken(presented: string, record: Token): boolean {
  const secret = TOKEN_PATTERN.exec(presented)?.[2] ?? '';
  const wanted = Buffer.from(record.hash, 'hex');
  const given = hash('sha256', secret, 'buffer');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** Who comes with a token that was checked. */
export function tokenPrincipal(record: Token): Principal {
  return Object.freeze({
    kind: 'token',
    id: record.id,
    name: record.name,
    verbs: record.verbs,
    via: 'bearer-token',
  });
}

/** `find,get` as a person types it; 'commit' comes with 'store'. @throws IdentityError INVALID_VERB */
export function parseTokenVerbs(words: readonly string[]): readonly TokenVerb[] {
  const known: readonly string[] = TOKEN_VERBS;
  if (words.length === 0 || words.some((word) => !known.includes(word))) {
    throw new IdentityError(
      'INVALID_VERB',
      `a token may be given: ${TOKEN_VERBS.join(', ')}; separated by commas, at least one`,
    );
  }
  return TOKEN_VERBS.filter((verb) => words.includes(verb) || (verb === 'commit' && words.includes('store')));
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };

/** `30m`, `8h`, `7d` in milliseconds. @throws IdentityError INVALID_VALIDITY */
export function parseDuration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text.trim()) ?? [];
  const unitMs = UNITS_MS[unit ?? ''];
  if (count === undefined || unitMs === undefined) {
    throw new IdentityError('INVALID_VALIDITY', 'a time is a whole number and s, m, h or d: 8h');
  }
  return Number(count) * unitMs;
}

/** One line without control characters, so that a list of tokens shows what it seems to. */
function parseTokenName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > NAME_LENGTH_MAX || /\p{C}/u.test(name)) {
    throw new IdentityError(
      'INVALID_TOKEN_NAME',
      `--for NAME is 1 to ${NAME_LENGTH_MAX} printable characters`,
    );
  }
  return name;
}

function hashOf(secret: string): string {
  return hash('sha256', secret);
}
