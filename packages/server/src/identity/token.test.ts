import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  IdentityError,
  makeToken,
  matchesToken,
  parseDuration,
  parseTokenVerbs,
  TokenRegistry,
} from './index.ts';

const key = randomBytes(32);
let folder: string;
let file: string;
let now = 1_767_312_000_000;
const open = (with_: Uint8Array = key): TokenRegistry => new TokenRegistry(file, with_, () => now);
const request = { name: 'a viewer', verbs: ['find', 'get'], validityMs: 3_600_000 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-tokens-'));
  file = join(folder, 'tokens.sealed');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a token has 256 bits, and nothing of it is kept but a hash, sealed, for the owner alone', async () => {
  const { token, record } = await open().create(request);
  const secret = token.split('_').slice(2).join('_');
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(JSON.stringify(record)).not.toContain(secret);
  expect(readFileSync(file).includes(record.id)).toBe(false);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a registry that is open sees new, revoked and expired tokens at once', async () => {
  const server = open();
  expect(server.authenticate('lgt_0000000000000000_' + 'A'.repeat(43)).refusal).toBe('UNKNOWN_TOKEN');
  const { token, record } = await open().create(request);
  expect(server.authenticate(token).principal).toEqual({
    kind: 'token',
    id: record.id,
    name: 'a viewer',
    verbs: ['find', 'get'],
    via: 'bearer-token',
  });
  now += request.validityMs;
  expect(server.authenticate(token).refusal).toBe('TOKEN_EXPIRED');
  now -= 1;
  expect(server.authenticate(token).principal).toBeDefined();
  await open().revoke(record.id);
  expect(server.authenticate(token).refusal).toBe('TOKEN_REVOKED');
});

test('a file that was altered, or sealed with another key, lets nobody in until it is mended', async () => {
  const server = open();
  const { token } = await open().create(request);
  expect(server.authenticate(token).principal).toBeDefined();
  const good = readFileSync(file);
  const bad = Buffer.from(good);
  bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1;
  writeFileSync(file, bad);
  expect(server.authenticate(token).refusal).toBe('TOKENS_UNREADABLE');
  expect(() => server.tokens()).toThrow(IdentityError);
  await expect(open().create(request)).rejects.toMatchObject({ code: 'TOKENS_UNREADABLE' });
  expect(open(randomBytes(32)).authenticate(token).refusal).toBe('TOKENS_UNREADABLE');
  writeFileSync(file, good);
  expect(server.authenticate(token).principal).toBeDefined();
});

test('whatever is presented that is no token is refused', () => {
  const { token, record } = makeToken(request, now);
  expect(matchesToken(token, record)).toBe(true);
  for (const other of [
    '',
    'lgt_',
    token.slice(0, -1),
    `${token}A`,
    token.toUpperCase(),
    `${token}\n`,
    ` ${token}`,
  ]) {
    expect(matchesToken(other, record)).toBe(false);
    expect(open().authenticate(other).principal).toBeUndefined();
  }
});

test('names, verbs and times are checked', () => {
  expect(() => makeToken({ ...request, name: '' }, now)).toThrow(IdentityError);
  expect(() => makeToken({ ...request, name: 'a\u001b[2Jb' }, now)).toThrow(IdentityError);
  expect(() => makeToken({ ...request, verbs: ['delete'] }, now)).toThrow(IdentityError);
  expect(() => makeToken({ ...request, verbs: [] }, now)).toThrow(IdentityError);
  expect(() => makeToken({ ...request, validityMs: Infinity }, now)).toThrow(IdentityError);
  expect(parseTokenVerbs(['store'])).toEqual(['store', 'commit']);
  expect([parseDuration('30m'), parseDuration('8h'), parseDuration('7d')]).toEqual([
    1_800_000, 28_800_000, 604_800_000,
  ]);
  for (const text of ['', '8', 'h', '0h', '-1h', '1.5h', '8 hours'])
    expect(() => parseDuration(text)).toThrow();
});
