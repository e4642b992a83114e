import { FRONT_PAGE } from '../../products/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { imagingSign, isWebDoor, mediaTypeOf } from '../web-doors.ts';
import { meta } from './meta.ts';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker, service) {
    const front = await asker.request(FRONT_PAGE);
    if (front.status !== 200 || mediaTypeOf(front) !== 'text/html') {
      return notApplicable('NO_PAGE', 'the front is no page that a browser shows', { status: front.status });
    }
    if ((await imagingSign(asker, service)) === undefined) {
      return notApplicable('NOT_IMAGING', 'nothing shows that this is a door of imaging');
    }
    const missing = missingFrom(front.headers, asker.isTls);
    return missing.length === 0 ? isProtected({ missing: 0 }) : exposed({ missing: missing.join(', ') });
  },
};

function missingFrom(headers: ReadonlyMap<string, string>, isTls: boolean): string[] {
  const policy = headers.get('content-security-policy');
  const hasFrameRule = headers.has('x-frame-options') || /\bframe-ancestors\b/i.test(policy ?? '');
  const isSniffed = headers.get('x-content-type-options')?.trim().toLowerCase() !== 'nosniff';
  // Browsers ignore HSTS over clear text (RFC 6797 8.1).
  return [
    ...(isTls && !headers.has('strict-transport-security') ? ['Strict-Transport-Security'] : []),
    ...(policy === undefined ? ['Content-Security-Policy'] : []),
    ...(isSniffed ? ['X-Content-Type-Options'] : []),
    ...(hasFrameRule ? [] : ['frame-ancestors']),
  ];
}
