import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import { logInAnonymously } from '../../protocols/ftp.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'ftp',
  async ask(asker) {
    return converseWith(asker, 'anonymous FTP login', async (conversation) => {
      const login = await logInAnonymously(new AnswerReader(conversation), (text) =>
        conversation.write(text),
      );
      const { isLoggedIn, ...evidence } = login;
      conversation.write('QUIT\r\n');
      return isLoggedIn ? exposed(evidence, { grants: ['S'] }) : isProtected(evidence);
    });
  },
};
