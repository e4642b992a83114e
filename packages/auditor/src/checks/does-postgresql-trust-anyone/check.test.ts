import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const authentication = (method: number): Buffer => Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, method]);
const errorText = 'SFATAL\0C28000\0Mno pg_hba.conf entry for host\0\0';
const error = Buffer.concat([Buffer.from([0x45, 0, 0, 0, 4 + errorText.length]), Buffer.from(errorText)]);

describe('X01 does PostgreSQL trust anyone', () => {
  test('exposed: AuthenticationOk; no SQL follows', async () => {
    await using server = await startScripted({ answer: () => authentication(0) });
    const verdict = await askOne(check, { port: server.port, protocol: 'postgresql' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { authenticationMethod: 0 } });
    expect(server.received).toHaveLength(1);
  });

  test('inconclusive: it is starting up (57P03)', async () => {
    const starting = Buffer.from(error.toString('latin1').replace('C28000', 'C57P03'), 'latin1');
    await using server = await startScripted({ answer: () => starting });
    const verdict = await askOne(check, { port: server.port, protocol: 'postgresql' });
    expect(verdict).toMatchObject({ outcome: 'inconclusive', evidence: { sqlState: '57P03' } });
  });

  test.each([
    ['scram-sha-256', authentication(10), { authenticationMethod: 10 }],
    ['no entry in pg_hba.conf', error, { sqlState: '28000' }],
  ])('protected: %s', async (_name, answer, evidence) => {
    await using server = await startScripted({ answer: () => answer });
    const verdict = await askOne(check, { port: server.port, protocol: 'postgresql' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence });
  });
});
