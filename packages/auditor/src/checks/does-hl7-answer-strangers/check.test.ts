import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const block = (text: string): string => `\x0b${text}\x1c\r`;

describe('X04 does HL7 answer strangers', () => {
  test.each(['AA', 'AR'])('exposed: acknowledged with %s', async (code) => {
    await using server = await startScripted({
      answer: () => block(`MSH|^~\\&|PACS||||||ACK||P|2.5\rMSA|${code}|1\r`),
    });
    const verdict = await askOne(check, { port: server.port, protocol: 'hl7', optIns: ['hl7Message'] });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { acknowledgement: code } });
  });

  test('the message is well-formed, a query for the clock, marked as training', async () => {
    await using server = await startScripted({ answer: () => block('MSH|^~\\&|\rMSA|AA|1\r') });
    await askOne(check, { port: server.port, protocol: 'hl7', optIns: ['hl7Message'] });
    const sent = Buffer.concat(server.received).toString('latin1');
    expect(sent).toMatch(
      /^\x0bMSH\|\^~\\&\|EXPOAUDIT\|LEADGLASS\|\|\|\d{14}\|\|NMQ\^N01\^NMQ_N01\|[\d.]{1,20}\|T\|2\.5\r/,
    );
    expect(sent).toMatch(/\rNCK\|\r\x1c\r$/);
    expect(sent).not.toMatch(/\r(PID|ORC|OBR)/);
  });

  test('protected: the engine hangs up on an unknown sender', async () => {
    await using server = await startScripted({ answer: () => [undefined, 'end'] });
    const verdict = await askOne(check, { port: server.port, protocol: 'hl7', optIns: ['hl7Message'] });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });

  test('inconclusive: unless the scope asks for it, it is connected to and nothing is sent', async () => {
    await using server = await startScripted({});
    const verdict = await askOne(check, { port: server.port, protocol: 'hl7' });
    expect(verdict).toMatchObject({ outcome: 'inconclusive' });
    expect(server.received).toEqual([]);
  });
});
