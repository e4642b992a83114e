import { FRONT_PAGE } from '../../products/index.ts';
import type { Check } from '../check.ts';
import { isProtected, notApplicable } from '../verdicts.ts';
import { exposedIfImaging, isInClear } from '../web-doors.ts';
import { meta } from './meta.ts';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isInClear,
  async ask(asker, service) {
    const { status, headers } = await asker.request(FRONT_PAGE);
    if (status !== 401)
      return notApplicable('NO_LOGIN', 'the door does not ask for a login by HTTP', { status });
    const isBasic = /\bBasic\b/i.test(headers.get('www-authenticate') ?? '');
    if (!isBasic) return isProtected({ status });
    const facts = { status, scheme: 'Basic' };
    return exposedIfImaging(asker, service, facts);
  },
};
