import { describe, expect, test } from 'vitest';
import { ber, berInteger, berText } from '../../protocols/ber.ts';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import type { TestServer } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const result = (id: number, tag: number, code: number): Buffer =>
  ber(0x30, berInteger(id), ber(tag, ber(0x0a, Buffer.of(code)), berText(''), berText('')));
const contexts = ber(0x30, berText('namingContexts'), ber(0x31, berText('dc=canary,dc=example')));
const rootDSE = ber(0x30, berInteger(2), ber(0x64, berText(''), ber(0x30, contexts)));

/** Answers bind, root DSE and the search below the context. */
const start = (bind: number, search: number): Promise<TestServer> =>
  startScripted({
    answer: (turn) => {
      if (turn === 0) return result(1, 0x61, bind);
      if (turn === 1) return Buffer.concat([rootDSE, result(2, 0x65, 0)]);
      return result(3, 0x65, search);
    },
  });

describe('X08 is the directory readable', () => {
  test('exposed: a search for nothing is permitted (RFC 4511 4.5); no name is kept', async () => {
    await using server = await start(0, 0);
    const verdict = await askOne(check, { port: server.port, protocol: 'ldap' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { namingContexts: 1, searchResult: 0 } });
    expect(JSON.stringify(verdict)).not.toContain('canary');
    expect(server.received.at(-1)?.toString('latin1')).toContain('2.25.');
  });

  test.each([
    ['anonymous binds are refused (48)', 48, 0],
    ['the tree is not to be seen (32)', 0, 32],
    ['a login is wanted for it (50)', 0, 50],
  ])('protected: %s', async (_name, bind, search) => {
    await using server = await start(bind, search);
    const verdict = await askOne(check, { port: server.port, protocol: 'ldap' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
