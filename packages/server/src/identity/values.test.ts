import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  canonicalAddress,
  createOneTimeToken,
  IdentityError,
  isLoopbackAddress,
  isPrivateAddress,
  matchesOneTimeToken,
  parseAETitle,
  parseHost,
  parsePrivateAddress,
  readSealedFile,
  sealBytes,
  unsealBytes,
  writePrivateFile,
  writeSealedFile,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'leadglass-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('AE title (PS3.5 6.2, VR AE)', () => {
  test('outer spaces are not significant, inner ones are', () => {
    expect(parseAETitle('  CT 1 ')).toBe('CT 1');
  });

  test.each(['', '    ', 'A'.repeat(17), 'A\\B', 'A\nB', 'A\u0000', 'Ä', 'A\u007f'])(
    '%j is refused',
    (text) => {
      expect(() => parseAETitle(text)).toThrow(IdentityError);
    },
  );

  test('any text is an AE title of 1 to 16 characters or IdentityError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        try {
          const title = parseAETitle(text);
          expect(title).toMatch(/^[\x20-\x5b\x5d-\x7e]{1,16}$/);
          expect(title.trim()).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(IdentityError);
        }
      }),
    );
  });
});

describe('private addresses: the only ones clear text is spoken with (L1)', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.0.9',
    '::1',
    'fd00::1',
    'fe80::1%eth0',
  ])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

  test.each([
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '0.0.0.0',
    '::',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    'pacs',
    '10.0.0.0/8',
    '',
  ])('%j is not', (address) => expect(isPrivateAddress(address)).toBe(false));

  test('a dual-stack socket reports an IPv4 address the same as an IPv4 socket', () => {
    expect(canonicalAddress('::ffff:192.168.1.5')).toBe('192.168.1.5');
    expect(canonicalAddress('::FFFF:c0a8:105')).toBe('192.168.1.5');
    expect(canonicalAddress('FD00:0:0::0001')).toBe('fd00::1');
    expect(isLoopbackAddress('::ffff:127.0.0.1')).toBe(true);
  });

  test.each(['10.0.0.0/8', '*', 'localhost', '10.0.0.1,10.0.0.2', '010.0.0.1'])(
    '%j names no single device',
    (text) => {
      expect(() => parsePrivateAddress(text)).toThrow(expect.objectContaining({ code: 'INVALID_ADDRESS' }));
    },
  );

  test('a public address is refused with what to do', () => {
    expect(() => parsePrivateAddress('8.8.8.8')).toThrow(/VPN/);
  });
});

test.each(['a b', 'a;b', '1.2.3', '999.1.1.1', '-x', '', 'x'.repeat(300)])('%j is no host', (text) => {
  expect(() => parseHost(text)).toThrow(IdentityError);
});

describe('sealed files', () => {
  const key = new Uint8Array(32).fill(7);

  test('open with the same key and purpose only, and any changed byte is noticed', () => {
    const sealed = sealBytes(key, 'a', Buffer.from('secret'));
    expect(unsealBytes(key, 'a', sealed).toString()).toBe('secret');
    expect(sealed.includes('secret')).toBe(false);
    expect(() => unsealBytes(key, 'b', sealed)).toThrow(IdentityError);
    expect(() => unsealBytes(new Uint8Array(32), 'a', sealed)).toThrow(IdentityError);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unsealBytes(key, 'a', changed)).toThrow(IdentityError);
    }
  });

  test('are private whatever the umask, and whole', () => {
    const file = join(folder, 'x.sealed');
    writeSealedFile(file, key, 'a', Buffer.from('secret'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readSealedFile(file, key, 'a').toString()).toBe('secret');
  });

  test('writing replaces a file that others could read by one they cannot', () => {
    const file = join(folder, 'open');
    writeFileSync(file, 'old', { mode: 0o644 });
    writePrivateFile(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

test('a one-time token is not in what is stored, counts until it expires, and no other matches', () => {
  const { token, record } = createOneTimeToken(1000, 500);
  expect(JSON.stringify(record)).not.toContain(token);
  expect(matchesOneTimeToken(token, record, 1499)).toBe(true);
  expect(matchesOneTimeToken(token, record, 1500)).toBe(false);
  expect(matchesOneTimeToken(`${token}x`, record, 1001)).toBe(false);
  expect(matchesOneTimeToken('', record, 1001)).toBe(false);
});
