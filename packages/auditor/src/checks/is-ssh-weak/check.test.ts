import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import type { TestServer } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const word = (value: number): Buffer => Buffer.of(0, 0, value >> 8, value & 255);
const list = (text: string): Buffer => Buffer.concat([word(text.length), Buffer.from(text)]);

/** SSH_MSG_KEXINIT in a binary packet (RFC 4253 6, 7.1). */
function kexInit(kex: string, hostKeys: string, ciphers: string, macs: string): Buffer {
  const lists = [kex, hostKeys, ciphers, ciphers, macs, macs, 'none', 'none', '', ''].map(list);
  const payload = Buffer.concat([Buffer.of(20), Buffer.alloc(16), ...lists, Buffer.alloc(5)]);
  return Buffer.concat([word(payload.length + 5), Buffer.of(4), payload, Buffer.alloc(4)]);
}

const start = (version: string, packet: Buffer): Promise<TestServer> =>
  startScripted({ greeting: `Welcome\r\nSSH-${version}-Server\r\n`, answer: () => packet });

const strong = kexInit(
  'curve25519-sha256,ext-info-s',
  'ssh-ed25519',
  'aes256-gcm@openssh.com',
  'hmac-sha2-256',
);
const weak = kexInit('diffie-hellman-group1-sha1', 'ssh-rsa,ssh-dss', 'aes128-cbc,3des-cbc', 'hmac-md5');

describe('X07 is SSH weak', () => {
  test('exposed: algorithms that are broken (RFC 9142)', async () => {
    await using server = await start('2.0', weak);
    const verdict = await askOne(check, { port: server.port, protocol: 'ssh' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { weakAlgorithms: 'diffie-hellman-group1-sha1 ssh-dss aes128-cbc 3des-cbc hmac-md5' },
    });
    expect(Buffer.concat(server.received).toString()).toBe('SSH-2.0-EXPOAUDIT\r\n');
  });

  test('exposed: version 1 is still taken (1.99, RFC 4253 5.1)', async () => {
    await using server = await start('1.99', strong);
    expect(await askOne(check, { port: server.port, protocol: 'ssh' })).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: nothing broken in the lists', async () => {
    await using server = await start('2.0', strong);
    expect(await askOne(check, { port: server.port, protocol: 'ssh' })).toMatchObject({
      outcome: 'protected',
    });
  });
});
