import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const LIST = 'Welcome\ncanary-one  \timages\ncanary-two  \tmore\n@RSYNCD: EXIT\n';

const start = (answerToModule: string): ReturnType<typeof startScripted> =>
  startScripted({
    greeting: '@RSYNCD: 31.0 sha512 md5\n',
    answer: (_turn, bytes) => {
      const text = bytes.toString();
      if (text.includes('#list')) return LIST;
      return text.includes('canary') ? answerToModule : undefined;
    },
  });

describe('S04 are rsync modules open', () => {
  test('exposed: a module answers OK; names are not kept, nothing is asked of it', async () => {
    await using server = await start('@RSYNCD: OK\n');
    const verdict = await askOne(check, { port: server.port, protocol: 'rsync' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { modulesListed: 2, modulesOpen: 2 } });
    expect(JSON.stringify(verdict)).not.toContain('canary');
  });

  test.each([
    ['@RSYNCD: AUTHREQD abcdef\n', { modulesWithLogin: 2 }],
    ['@ERROR: access denied\n', { modulesRefused: 2 }],
  ])('protected: %j', async (answer, evidence) => {
    await using server = await start(answer);
    const verdict = await askOne(check, { port: server.port, protocol: 'rsync' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence });
  });
});
