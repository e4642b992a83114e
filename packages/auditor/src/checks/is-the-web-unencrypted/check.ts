import { FRONT_PAGE } from '../../products/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { PASSWORD_FIELD, imagingSign, isInClear, isRedirect } from '../web-doors.ts';
import { meta } from './meta.ts';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isInClear,
  async ask(asker, service) {
    const { status, headers, body } = await asker.request(FRONT_PAGE);
    if (isRedirect(status) && /^https:\/\//i.test(headers.get('location') ?? '')) {
      return isProtected({ status, redirectsToHttps: true });
    }
    const sign = PASSWORD_FIELD.test(body.toString('latin1'))
      ? 'password field'
      : await imagingSign(asker, service);
    if (sign === undefined)
      return notApplicable('NOT_IMAGING', 'nothing shows that this is a door of imaging');
    return exposed({ status, redirectsToHttps: false, sign });
  },
};
