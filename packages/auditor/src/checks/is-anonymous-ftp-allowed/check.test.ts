import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const GREETING = '220-Welcome\r\n220-to nobody\r\n220 ready\r\n';

describe('S03 is anonymous FTP allowed', () => {
  test('exposed: 230 after USER and PASS (RFC 959 5.4); nothing is listed', async () => {
    await using server = await startScripted({
      greeting: GREETING,
      answer: (turn) => (turn === 0 ? '331 password\r\n' : '230 in\r\n'),
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'ftp' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { reply: 230 }, grants: ['S'] });
    expect(Buffer.concat(server.received).toString()).not.toMatch(/LIST|NLST|RETR|STAT/);
  });

  test('protected: 530', async () => {
    await using server = await startScripted({
      greeting: GREETING,
      answer: (turn) => (turn === 0 ? '331 password\r\n' : '530 no\r\n'),
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'ftp' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { reply: 530 } });
  });
});
