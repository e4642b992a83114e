import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startDatagrams } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

describe('X10 do audit messages travel in clear', () => {
  test('exposed: UDP is listened to, and nothing is offered over TLS; the datagram is empty', async () => {
    await using syslog = await startDatagrams(() => undefined);
    const verdict = await askOne(check, { port: syslog.port, protocol: 'syslog' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { udp514: 'silent', udp6514: 'refused' } });
    expect(syslog.received).toEqual([Buffer.alloc(0)]);
  });

  test('protected: syslog over TLS is offered besides (RFC 5425)', async () => {
    await using syslog = await startDatagrams(() => undefined);
    const others = [{ port: 6514, protocol: 'syslog-tls' }];
    const verdict = await askOne(check, { port: syslog.port, protocol: 'syslog', others });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('not applicable: nobody takes syslog', async () => {
    const syslog = await startDatagrams(() => undefined);
    await syslog[Symbol.asyncDispose]();
    const verdict = await askOne(check, { port: syslog.port, protocol: 'syslog' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable' });
  });
});
