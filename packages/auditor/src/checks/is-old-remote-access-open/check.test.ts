import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startDatagrams, startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

/** The request as its own response: GetResponse instead of GetRequest, of one version only. */
function respond(request: Buffer, version: number): Uint8Array | undefined {
  const answer = Buffer.from(request);
  const at = answer.indexOf(Buffer.from('public')) + 6;
  if (answer[at] !== 0xa0 || answer[4] !== version) return undefined;
  answer[at] = 0xa2;
  return answer;
}

describe('X06 is old remote access open', () => {
  test('exposed: telnet negotiates (RFC 854); nothing is said to it', async () => {
    await using server = await startScripted({ greeting: Buffer.of(0xff, 0xfd, 0x18) });
    const verdict = await askOne(check, { port: server.port, protocol: 'telnet' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { service: 'telnet', negotiates: true } });
    expect(server.received).toEqual([]);
  });

  test('protected: telnet hangs up', async () => {
    await using server = await startScripted({ hangsUp: true });
    expect(await askOne(check, { port: server.port, protocol: 'telnet' })).toMatchObject({
      outcome: 'protected',
    });
  });

  test.each([
    ['v2c', 1],
    ['v1', 0],
  ])('exposed: SNMP %s answers to public', async (version, number) => {
    await using agent = await startDatagrams((bytes) => respond(bytes, number));
    const verdict = await askOne(check, { port: agent.port, protocol: 'snmp' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { service: 'snmp', version } });
  });

  test('protected: SNMP is silent to public, or answers nonsense', async () => {
    await using silent = await startDatagrams(() => undefined);
    expect(await askOne(check, { port: silent.port, protocol: 'snmp' })).toMatchObject({
      outcome: 'protected',
    });
    await using nonsense = await startDatagrams(() => Buffer.from([0x30, 0]));
    expect(await askOne(check, { port: nonsense.port, protocol: 'snmp' })).toMatchObject({
      outcome: 'protected',
    });
  });

  test('not applicable: nothing listens at the UDP port; the purpose is on record', async () => {
    const agent = await startDatagrams(() => undefined);
    await agent[Symbol.asyncDispose]();
    const purposes: string[] = [];
    const verdict = await askOne(check, {
      port: agent.port,
      protocol: 'snmp',
      record: ({ purpose, outcome }) => purposes.push(`${purpose}: ${outcome}`),
    });
    expect(verdict).toMatchObject({ outcome: 'notApplicable' });
    expect(purposes).toEqual(['SNMP v2c uptime (UDP): refused']);
  });
});
