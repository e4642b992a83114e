import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

function mysqlPacket(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(payload.length, 0, 0, 0), payload]);
}
const greeting = (capabilities: readonly number[], version = '8.0.36'): Buffer =>
  mysqlPacket(
    Buffer.concat([
      Buffer.from(`\x0a${version}\0`),
      Buffer.alloc(13),
      Buffer.from(capabilities),
      Buffer.alloc(30),
    ]),
  );
const notAllowed = mysqlPacket(
  Buffer.concat([Buffer.of(0xff, 0x6a, 0x04), Buffer.from("Host 'x' is not allowed")]),
);

/** PRELOGIN response: version 15.0.2000 and encryption. */
function prelogin(encryption: number): Buffer {
  const options = Buffer.from('00000b000601001100' + '01ff', 'hex');
  const body = Buffer.concat([options, Buffer.of(15, 0, 0x07, 0xd0, 0, 0, encryption)]);
  return Buffer.concat([Buffer.of(4, 1, 0, 8 + body.length, 0, 0, 1, 0), body]);
}

describe('X02 does a database greet strangers', () => {
  test.each([
    ['with TLS', [0xff, 0xff], true],
    ['without TLS', [0xff, 0xf7], false],
  ] as const)('exposed: MySQL greets, %s', async (_name, capabilities, offersTls) => {
    await using server = await startScripted({ greeting: greeting(capabilities) });
    const verdict = await askOne(check, { port: server.port, protocol: 'mysql' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { version: '8.0.36', offersTls } });
    expect(server.received).toEqual([]);
  });

  test("MariaDB's version is told without the 5.5.5- that it puts before it for old clients", async () => {
    await using server = await startScripted({
      greeting: greeting([0xff, 0xff], '5.5.5-10.11.19-MariaDB-0+deb12u1'),
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'mysql' });
    expect(verdict).toMatchObject({ evidence: { version: '10.11.19-MariaDB-0+deb12u1' } });
  });

  test('protected: MySQL turns the host away (1130)', async () => {
    await using server = await startScripted({ greeting: notAllowed });
    const verdict = await askOne(check, { port: server.port, protocol: 'mysql' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { errorCode: 1130 } });
  });

  test.each([
    [2, false],
    [3, true],
  ])('exposed: SQL Server with encryption %d', async (encryption, offersTls) => {
    await using server = await startScripted({ answer: () => prelogin(encryption) });
    const verdict = await askOne(check, { port: server.port, protocol: 'mssql' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { version: '15.0.2000', offersTls } });
  });
});
