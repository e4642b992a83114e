import { FRONT_PAGE } from '../../products/index.ts';
import type { Check } from '../check.ts';
import { isProtected, notApplicable } from '../verdicts.ts';
import { exposedIfImaging, isWebDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

/** Names under which products put a token into an address, and enough characters to be one. */
const TOKEN =
  /[?&;#](access_token|auth_token|authtoken|share_?token|token|jwt|jsessionid|session_?id)=([\w.~+/%-]{16,2000})/gi;
/** Longest life of a token in a link that is called short, milliseconds. */
const SHORT_LIFE_MS = 24 * 3_600_000;
/** Links looked at on a page. */
const LINKS_MAX = 100;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker, service) {
    const front = await asker.request(FRONT_PAGE);
    const places: readonly (readonly [string, string])[] = [
      ['redirect', front.headers.get('location') ?? ''],
      ['page', linksOf(front.body.toString('latin1'))],
    ];
    let short = 0;
    for (const [place, text] of places) {
      for (const [, name = '', value = ''] of text.matchAll(TOKEN)) {
        const end = endOf(value);
        if (end !== undefined && end - Date.now() <= SHORT_LIFE_MS) short++;
        else {
          const facts = { place, parameter: name.toLowerCase(), hasEnd: end !== undefined };
          return exposedIfImaging(asker, service, facts);
        }
      }
    }
    return short > 0
      ? isProtected({ shortLived: short })
      : notApplicable('NO_TOKEN', 'no token in any link seen');
  },
};

function linksOf(page: string): string {
  const links = page.matchAll(/\b(?:href|src|action)\s*=\s*["']([^"']{1,2200})["']/gi);
  return [...links]
    .slice(0, LINKS_MAX)
    .map(([, link = '']) => link.replaceAll('&amp;', '&'))
    .join('\n');
}

/** When a JSON Web Token ends (RFC 7519 4.1.4), milliseconds since 1970; undefined for any other token. */
function endOf(token: string): number | undefined {
  const claims = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  if (claims === undefined) return undefined;
  const end = /"exp"\s*:\s*(\d{9,11})\b/.exec(Buffer.from(claims, 'base64url').toString('latin1'))?.[1];
  return end === undefined ? undefined : Number(end) * 1_000;
}
