import { FRONT_PAGE } from '../../products/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { isInClear } from '../web-doors.ts';
import { meta } from './meta.ts';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isInClear,
  async ask(asker) {
    const { status, headers } = await asker.request(FRONT_PAGE);
    if (status !== 401)
      return notApplicable('NO_LOGIN', 'the door does not ask for a login by HTTP', { status });
    const isBasic = /\bBasic\b/i.test(headers.get('www-authenticate') ?? '');
    return isBasic ? exposed({ status, scheme: 'Basic' }) : isProtected({ status });
  },
};
