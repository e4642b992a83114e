import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

/** Connection Confirm with an RDP_NEG_RSP (2) or RDP_NEG_FAILURE (3), [MS-RDPBCGR] 2.2.1.2. */
const confirm = (type: number, value: number): Buffer =>
  Buffer.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, type, 0, 8, 0, value, 0, 0, 0]);
const old = Buffer.from([3, 0, 0, 11, 6, 0xd0, 0, 0, 0x12, 0x34, 0]);

describe('X05 is a remote screen open', () => {
  test.each([
    ['without negotiation', () => old, 'RDP'],
    ['with its own security', () => confirm(2, 0), 'RDP'],
    ['with TLS and no NLA', (bytes: Buffer) => (bytes[15] === 0 ? confirm(3, 1) : confirm(2, 1)), 'TLS'],
  ])('exposed: RDP %s', async (_name, answer, security) => {
    await using server = await startScripted({ answer: (_turn, bytes) => answer(bytes) });
    const verdict = await askOne(check, { port: server.port, protocol: 'rdp' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { security } });
  });

  test('protected: RDP requires NLA (HYBRID_REQUIRED_BY_SERVER)', async () => {
    await using server = await startScripted({ answer: () => confirm(3, 5) });
    const verdict = await askOne(check, { port: server.port, protocol: 'rdp' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { failureCode: 5 } });
  });

  test.each([
    ['3.8', 'RFB 003.008\n', Buffer.of(2, 1, 2)],
    ['3.3', 'RFB 003.003\n', Buffer.of(0, 0, 0, 1)],
  ])('exposed: VNC %s offers None', async (_version, greeting, types) => {
    await using server = await startScripted({ greeting, answer: () => types });
    const verdict = await askOne(check, { port: server.port, protocol: 'vnc' });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: VNC wants a password', async () => {
    await using server = await startScripted({ greeting: 'RFB 003.008\n', answer: () => Buffer.of(1, 2) });
    const verdict = await askOne(check, { port: server.port, protocol: 'vnc' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { securityTypes: '2' } });
  });
});
