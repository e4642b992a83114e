import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IdentityError } from './errors.ts';
import type { Principal } from './principal.ts';
import { writePrivateFile } from './private-file.ts';
import { registryStamp, withRegistryLock } from './registry-file.ts';
import { sealBytes, unsealBytes } from './sealed-file.ts';
import {
  makeToken,
  matchesToken,
  tokenIDOf,
  tokenPrincipal,
  type Token,
  type TokenRequest,
} from './token.ts';

/** `masterKey.derive(TOKENS_KEY_PURPOSE)` seals the file: nobody who can only write in the folder makes a token. */
export const TOKENS_KEY_PURPOSE = 'identity/tokens';
const TOKENS_VERSION = 1;
/** A site has dozens; expired ones are forgotten when the next one is made. */
const TOKENS_MAX = 10_000;
const TOKENS_LENGTH_BYTES_MAX = 8 * 1024 * 1024;
/** Expired and revoked tokens stay in the list for as long, so that one can see what there was. */
const FORGET_AFTER_MS = 30 * 24 * 60 * 60 * 1000;

/** Where the tokens of an installation lie, in its `identity` folder. */
export function tokensFileOf(identityFolder: string): string {
  return join(identityFolder, 'tokens.sealed');
}

export type TokenAuthentication =
  | { readonly principal: Principal; readonly refusal?: undefined }
  | { readonly principal?: undefined; readonly refusal: TokenRefusal; readonly tokenID?: string };

export type TokenRefusal =
  'NOT_A_TOKEN' | 'UNKNOWN_TOKEN' | 'TOKEN_REVOKED' | 'TOKEN_EXPIRED' | 'TOKENS_UNREADABLE';

/**
 * Bearer tokens in one sealed file that commands change while the server runs. Every look-up first compares the
 * file's status with the copy in memory, so that a token counts, or no longer counts, from the next request on.
 * An unreadable or altered file lets nobody in.
 */
export class TokenRegistry {
  readonly file: string;
  readonly #key: Uint8Array;
  readonly #clock: () => number;
  #stamp: string | undefined;
  #tokens: ReadonlyMap<string, Token> | undefined;

  constructor(file: string, key: Uint8Array, clock: () => number = Date.now) {
    this.file = file;
    this.#key = key;
    this.#clock = clock;
  }

  /** Who comes with this token, if it counts now. */
  authenticate(presented: string): TokenAuthentication {
    const id = tokenIDOf(presented);
    if (id === undefined) return { refusal: 'NOT_A_TOKEN' };
    const tokens = this.#current();
    if (tokens === undefined) return { refusal: 'TOKENS_UNREADABLE' };
    const record = tokens.get(id);
    if (record === undefined || !matchesToken(presented, record)) return { refusal: 'UNKNOWN_TOKEN' };
    if (record.revokedAt !== undefined) return { refusal: 'TOKEN_REVOKED', tokenID: id };
    if (this.#clock() >= record.expiresAt) return { refusal: 'TOKEN_EXPIRED', tokenID: id };
    return { principal: tokenPrincipal(record) };
  }

  /** All that are remembered, revoked and expired ones included. @throws IdentityError TOKENS_UNREADABLE */
  tokens(): readonly Token[] {
    return [...this.#read().values()];
  }

  /** Makes a token. It is told once, here, and kept nowhere. @throws IdentityError */
  async create(request: TokenRequest): Promise<{ token: string; record: Token }> {
    const made = makeToken(request, this.#clock());
    await this.#change((tokens) => {
      if (tokens.size >= TOKENS_MAX) throw new IdentityError('TOO_MANY_TOKENS', 'revoke tokens first');
      tokens.set(made.record.id, made.record);
    });
    return made;
  }

  /** Ends a token now. @throws IdentityError TOKEN_UNKNOWN */
  async revoke(id: string): Promise<Token> {
    return await this.#change((tokens) => {
      const record = tokens.get(id);
      if (record === undefined)
        throw new IdentityError('TOKEN_UNKNOWN', 'there is no such token: token list');
      const revoked = { ...record, revokedAt: record.revokedAt ?? this.#clock() };
      tokens.set(id, revoked);
      return revoked;
    });
  }

  #current(): ReadonlyMap<string, Token> | undefined {
    try {
      const stamp = stampIfThere(this.file);
      if (stamp === this.#stamp) return this.#tokens;
      this.#tokens = undefined;
      this.#stamp = stamp;
      this.#tokens = this.#read();
    } catch {
      // Looked at again with the next request: what stood in the way may be gone by then.
      this.#tokens = undefined;
      this.#stamp = undefined;
    }
    return this.#tokens;
  }

  #read(): Map<string, Token> {
    if (!existsSync(this.file)) return new Map();
    if (statSync(this.file).size > TOKENS_LENGTH_BYTES_MAX) throw unreadable(this.file);
    try {
      const text = unsealBytes(this.#key, TOKENS_KEY_PURPOSE, readFileSync(this.file)).toString('utf8');
      // Sealed by this program: what opens was written by it.
      const content = JSON.parse(text) as { version: number; tokens: Token[] };
      if (content.version !== TOKENS_VERSION) throw unreadable(this.file);
      return new Map(content.tokens.map((record) => [record.id, record]));
    } catch (error) {
      throw error instanceof IdentityError && error.code === 'TOKENS_UNREADABLE'
        ? error
        : unreadable(this.file, error);
    }
  }

  async #change<Result>(change: (tokens: Map<string, Token>) => Result): Promise<Result> {
    return await withRegistryLock(this.file, () => {
      const tokens = this.#read();
      const forgotten = this.#clock() - FORGET_AFTER_MS;
      for (const [id, { expiresAt }] of tokens) if (expiresAt < forgotten) tokens.delete(id);
      const result = change(tokens);
      const text = JSON.stringify({ version: TOKENS_VERSION, tokens: [...tokens.values()] });
      writePrivateFile(this.file, sealBytes(this.#key, TOKENS_KEY_PURPOSE, Buffer.from(text, 'utf8')));
      return result;
    });
  }
}

/** One look at the file with each request: '' when there is none. @throws the system's error */
function stampIfThere(file: string): string {
  try {
    return registryStamp(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function unreadable(file: string, cause?: unknown): IdentityError {
  return new IdentityError(
    'TOKENS_UNREADABLE',
    `the list of tokens cannot be read, or was changed by others: ${file}. Until it can, no token lets anybody in; ` +
      'removing it ends all tokens',
    {},
    cause,
  );
}
