import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const LOGON_FAILURE = 0xc000006d;
const MORE_PROCESSING = 0xc0000016;

interface Form {
  /** Session flags after the second session setup: 1 guest, 2 null; undefined refuses. */
  readonly sessionFlags?: number;
  readonly shareTypes: readonly number[];
  readonly takesVersion1?: boolean;
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const half = (value: number): Buffer => word(value).subarray(0, 2);
const overTcp = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0, 0, bytes.length >> 8, bytes.length & 255), bytes]);

/** An SMB2 response to the request, [MS-SMB2] 2.2.1.2. */
function response(request: Buffer, status: number, body: Buffer): Buffer {
  const header = Buffer.from(request.subarray(4, 68));
  word(status).copy(header, 8);
  word(1).copy(header, 16);
  header.write('5e55', 40, 'hex');
  return overTcp(Buffer.concat([header, body]));
}

const challenge = Buffer.concat([
  Buffer.from('NTLMSSP\0'),
  word(2),
  Buffer.alloc(8),
  word(0x00888205),
  Buffer.from('0123456789abcdef', 'hex'),
  Buffer.alloc(8),
  Buffer.alloc(8),
]);

const enumeration = (types: readonly number[]): Buffer => {
  const entries = types.flatMap((type) => [word(0x20000), word(type), word(0x20004)]);
  const parameters = [1, 1, 0x20000, types.length, 0x20004, types.length].map(word);
  const body = Buffer.concat([Buffer.alloc(8), ...parameters, ...entries, Buffer.from('CANARY-SHARE')]);
  return Buffer.concat([Buffer.of(5, 0, 2, 3, 0x10, 0, 0, 0), half(16 + body.length), Buffer.alloc(6), body]);
};

function start(form: Form): ReturnType<typeof startScripted> {
  return startScripted({
    answer: (turn, request) => {
      if (request[4] === 0xff) return form.takesVersion1 === true ? smb1Response() : [undefined, 'end'];
      const body = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
      switch (request.readUInt16LE(16)) {
        case 0:
          return response(request, 0, body(half(65), half(1), half(0x0302), Buffer.alloc(58)));
        case 1: {
          if (turn === 1)
            return response(
              request,
              MORE_PROCESSING,
              body(half(9), half(0), half(72), half(challenge.length), challenge),
            );
          if (form.sessionFlags === undefined) return response(request, LOGON_FAILURE, Buffer.alloc(9));
          return response(request, 0, body(half(9), half(form.sessionFlags), half(72), half(0)));
        }
        case 3:
          return response(request, 0, Buffer.alloc(16));
        case 5:
          return response(request, 0, Buffer.alloc(88));
        default: {
          const answer = turn === 5 ? Buffer.alloc(60) : enumeration(form.shareTypes);
          const place = [word(112), word(answer.length)];
          return response(request, 0, body(Buffer.alloc(32), ...place, Buffer.alloc(8), answer));
        }
      }
    },
  });
}

/** SMB_COM_NEGOTIATE response: dialect 0 of ours was chosen. */
function smb1Response(): Buffer {
  return overTcp(
    Buffer.concat([
      Buffer.from('ff534d4272', 'hex'),
      Buffer.alloc(27),
      Buffer.of(17, 0, 0),
      Buffer.alloc(34),
    ]),
  );
}

describe('S02 does SMB let strangers in', () => {
  test('exposed: Guest without a password, and the number of its disk shares', async () => {
    await using server = await start({ sessionFlags: 1, shareTypes: [0, 0, 0x80000003, 0x80000000] });
    const verdict = await askOne(check, { port: server.port, protocol: 'smb' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { dialect: '0x0302', guestSession: true, sharesListedToGuest: 2, smbVersion1: false },
      grants: ['S'],
    });
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });

  test('exposed: version 1 alone', async () => {
    await using server = await start({ shareTypes: [], takesVersion1: true });
    const verdict = await askOne(check, { port: server.port, protocol: 'smb' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { smbVersion1: true, guestSession: false },
    });
    expect(verdict.grants).toBeUndefined();
  });

  test('protected: strangers are refused', async () => {
    await using server = await start({ shareTypes: [] });
    const verdict = await askOne(check, { port: server.port, protocol: 'smb' });
    expect(verdict).toMatchObject({
      outcome: 'protected',
      evidence: { nullSession: false, guestSession: false },
    });
  });

  test('protected: nobody gets a session that lists no disk', async () => {
    await using server = await start({ sessionFlags: 2, shareTypes: [0x80000003] });
    const verdict = await askOne(check, { port: server.port, protocol: 'smb' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { nullSession: true } });
  });
});
