import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, describe, expect, test } from 'vitest';
import { testCertificate } from '../testing/certificates.ts';
import { cmsEncrypterFor } from './encrypt-cms.ts';
import { fileEncrypterFor } from './encrypt.ts';

const folder = mkdtempSync(join(tmpdir(), 'leadglass-cms-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = new Date();
const first = testCertificate({ commonName: 'first', keyType: 'rsa-2048' });
const second = testCertificate({ commonName: 'second', keyType: 'rsa-2048', isIssued: true });
const stranger = testCertificate({ commonName: 'stranger', keyType: 'rsa-2048' });
const openssl = spawnSync('openssl', ['version']);
const hasOpenssl = openssl.status === 0 && /^OpenSSL [3-9]/.test(openssl.stdout.toString());

function decrypted(message: Uint8Array, { key, cert }: { key: string; cert: string }): Buffer | undefined {
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('message'), message);
  writeFileSync(path('key.pem'), key);
  writeFileSync(path('cert.pem'), cert);
  rmSync(path('out'), { force: true });
  const args = [
    '-inform',
    'DER',
    '-in',
    path('message'),
    '-inkey',
    path('key.pem'),
    '-recip',
    path('cert.pem'),
  ];
  const { status } = spawnSync('openssl', ['cms', '-decrypt', '-binary', ...args, '-out', path('out')]);
  return status === 0 ? readFileSync(path('out')) : undefined;
}

describe('CMS', () => {
  describe.skipIf(!hasOpenssl)(
    `openssl cms -decrypt${hasOpenssl ? '' : ' (left out: no OpenSSL 3 here)'}`,
    () => {
      test.each([0, 1, 15, 16, 100_000])('gives back %i bytes, to each of two recipients', (length) => {
        const content = randomBytes(length);
        const message = cmsEncrypterFor([first.cert, second.cert], now).encrypt(content);
        expect(decrypted(message, first)).toEqual(content);
        expect(decrypted(message, second)).toEqual(content);
      });

      test('gives nothing to a stranger, and nothing of a message that was altered', () => {
        const message = cmsEncrypterFor([first.cert], now).encrypt(Buffer.from('what was found'));
        expect(decrypted(message, stranger)).not.toEqual(Buffer.from('what was found'));
        const altered = Buffer.from(message);
        // The content's last byte stands before the tag: 04 10 and sixteen octets.
        altered[altered.length - 19] = (altered[altered.length - 19] ?? 0) ^ 1;
        expect(decrypted(altered, first)).toBeUndefined();
      });
    },
  );

  test('two messages of one content have nothing in common but their form', () => {
    const encrypter = cmsEncrypterFor([first.cert], now);
    const content = Buffer.from('what was found');
    const messages = [encrypter.encrypt(content), encrypter.encrypt(content)];
    expect(Buffer.from(messages[0] ?? []).equals(messages[1] ?? new Uint8Array())).toBe(false);
    expect(Buffer.from(messages[0] ?? []).includes(content)).toBe(false);
  });

  test.each([
    ['a private key', first.key, /certificate 1 is no certificate in PEM/],
    ['an expired one', testCertificate({ keyType: 'rsa-2048', daysLeft: -1 }).cert, /has expired/],
    ['a short one', testCertificate({ keyType: 'rsa-1024' }).cert, /less than 2048 bits/],
    ['one without RSA', testCertificate({ keyType: 'ec' }).cert, /no RSA key/],
  ])('refuses %s, and does not repeat it', (_, pem, message) => {
    expect(() => cmsEncrypterFor([pem], now)).toThrow(message);
    expect(() => cmsEncrypterFor([pem], now)).not.toThrow(/BEGIN/);
  });

  test('files are for age recipients or for certificates, each with its suffix, never for both', async () => {
    const age = await identityToRecipient(await generateIdentity());
    expect(await fileEncrypterFor([age], now)).toMatchObject({ suffix: '.age' });
    const encrypter = await fileEncrypterFor([first.cert], now);
    expect(encrypter.suffix).toBe('.cms');
    // A ContentInfo of authEnvelopedData (RFC 5652 3, RFC 5083 2.1).
    const message = Buffer.from(await encrypter.encrypt(new Uint8Array(3)));
    expect(message.includes(Buffer.from('060b2a864886f70d0109100117', 'hex'))).toBe(true);
    await expect(fileEncrypterFor([age, first.cert], now)).rejects.toThrow(/cannot be mixed/);
    await expect(fileEncrypterFor(['AGE-SECRET-KEY-1QQ'], now)).rejects.toThrow(
      /^recipient 1 is no age recipient/,
    );
  });
});
