import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import {
  anonymousBind,
  ldapResult,
  readBind,
  readSearch,
  rootDSESearch,
  zeroMatchSearch,
} from '../../protocols/ldap.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Naming contexts that are searched: a server with many has them all under the same rules. */
const CONTEXTS_MAX = 3;

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'ldap',
  async ask(asker) {
    return converseWith(asker, 'anonymous LDAP search', async (conversation) => {
      const reader = new AnswerReader(conversation);
      conversation.write(anonymousBind(1));
      const bind = await readBind(reader);
      if (bind !== ldapResult.success) return isProtected({ bindResult: bind });
      conversation.write(rootDSESearch(2));
      const root = await readSearch(reader);
      const contexts = root.values;
      let search = root.result;
      for (const [index, context] of contexts.slice(0, CONTEXTS_MAX).entries()) {
        conversation.write(zeroMatchSearch(3 + index, context, asker.freshUID()));
        ({ result: search } = await readSearch(reader));
        if (search !== ldapResult.success && search !== ldapResult.sizeLimitExceeded) continue;
        return exposed({ bindResult: bind, namingContexts: contexts.length, searchResult: search });
      }
      return isProtected({ bindResult: bind, namingContexts: contexts.length, searchResult: search });
    });
  },
};
