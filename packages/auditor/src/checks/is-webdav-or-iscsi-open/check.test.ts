import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted, startWeb } from '../../testing/scripted-server.ts';
import type { TestServer } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const startWebDav = (status: number): Promise<TestServer> =>
  startWeb((request, response) => {
    if (request.method === 'OPTIONS') response.writeHead(200, { DAV: '1, 2' }).end();
    else response.writeHead(status).end('<multistatus/>');
  });

/** Responses of RFC 7143: opcode, flags, status class and detail; text after the header. */
function pdu(opcode: number, flags: number, status: readonly [number, number], data = ''): Buffer {
  const header = Buffer.alloc(48);
  header[0] = opcode;
  header[1] = flags;
  header.writeUIntBE(data.length, 5, 3);
  header.set(status, 36);
  return Buffer.concat([header, Buffer.from(data), Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

const TARGETS =
  'TargetName=iqn.2026-01.canary:one\0TargetAddress=127.0.0.1,1\0TargetName=iqn.2026-01.canary:two\0';

describe('S06 is WebDAV or iSCSI open', () => {
  test('exposed: PROPFIND without a login (RFC 4918 9.1)', async () => {
    await using server = await startWebDav(207);
    const verdict = await askOne(check, { port: server.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { path: '/', status: 207 } });
  });

  test('protected: PROPFIND wants a login', async () => {
    await using server = await startWebDav(401);
    const verdict = await askOne(check, { port: server.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { status: 401 } });
  });

  test('not applicable: no WebDAV', async () => {
    await using server = await startWeb((_request, response) => void response.writeHead(405).end());
    expect(await askOne(check, { port: server.port, protocol: 'http' })).toMatchObject({
      outcome: 'notApplicable',
    });
  });

  test('exposed: iSCSI discovery tells targets (RFC 7143 appendix C)', async () => {
    await using server = await startScripted({
      answer: (turn) => (turn === 0 ? pdu(0x23, 0x87, [0, 0]) : pdu(0x24, 0x80, [0, 0], TARGETS)),
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'iscsi' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { targets: 2 } });
    expect(JSON.stringify(verdict)).not.toContain('canary');
  });

  test('protected: iSCSI wants authentication (status 0201)', async () => {
    await using server = await startScripted({ answer: () => pdu(0x23, 0, [2, 1]) });
    const verdict = await askOne(check, { port: server.port, protocol: 'iscsi' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { statusClass: 2, statusDetail: 1 } });
  });
});
