import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import { startupAnswer, startupMessage } from '../../protocols/postgresql.ts';
import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** AuthenticationOk. */
const OK = 0;
/** Starting up or shutting down, too many connections: said before anybody is asked who they are. */
const TOO_EARLY: ReadonlySet<string> = new Set(['57P03', '57P01', '53300']);

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'postgresql',
  async ask(asker) {
    return converseWith(asker, 'PostgreSQL startup', async (conversation) => {
      conversation.write(startupMessage('postgres', 'postgres'));
      const answer = await new AnswerReader(conversation).next(startupAnswer);
      if (answer.kind === 'error') {
        const { sqlState } = answer;
        return TOO_EARLY.has(sqlState)
          ? inconclusive('NOT_READY', 'the server takes nobody in at the moment', { sqlState })
          : isProtected({ sqlState });
      }
      const evidence = { authenticationMethod: answer.method };
      return answer.method === OK ? exposed(evidence) : isProtected(evidence);
    });
  },
};
