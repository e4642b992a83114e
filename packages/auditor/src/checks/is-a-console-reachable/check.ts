import { FRONT_PAGE, webSigns } from '../../products/index.ts';
import type { HttpAnswer, HttpAsker } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { isProtected, notApplicable } from '../verdicts.ts';
import {
  PASSWORD_FIELD,
  asksForLogin,
  exposedIfImaging,
  isLoginEverywhere,
  isRedirect,
  isWebDoor,
} from '../web-doors.ts';
import { consoleSigns } from './consoles.ts';
import type { ConsoleSign } from './consoles.ts';
import { meta } from './meta.ts';

/** Titles stand at the top. */
const PAGE_START_BYTES = 8 * 1024;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker, service) {
    const paths = [...new Set(consoleSigns.map(({ path }) => path))];
    let refusals = 0;
    for (const path of paths) {
      const answer = await page(asker, path);
      const found = consoleSigns.find((sign) => sign.path === path && shows(sign, answer));
      if (found !== undefined) {
        const asksFor = asksForLogin(answer) || PASSWORD_FIELD.test(answer.body.toString('latin1'));
        const facts = { console: found.console, path, status: answer.status, asksForLogin: asksFor };
        return exposedIfImaging(asker, service, facts);
      }
      if (path !== '/' && asksForLogin(answer)) refusals++;
    }
    if (refusals > 0 && !(await isLoginEverywhere(asker))) return isProtected({ refused: refusals });
    return notApplicable('NO_CONSOLE', 'no known console at the usual paths');
  },
};

function page(asker: HttpAsker, path: string): Promise<HttpAnswer> {
  return asker.request(path === '/' ? FRONT_PAGE : { method: 'GET', path, bodyMaxBytes: PAGE_START_BYTES });
}

function shows({ realm, header, location, body }: ConsoleSign, answer: HttpAnswer): boolean {
  const signs = webSigns(answer);
  if (realm?.test(signs.httpRealm ?? '') === true) return true;
  if (header !== undefined && answer.headers.has(header)) return true;
  if (isRedirect(answer.status)) return location?.test(signs.httpLocation ?? '') === true;
  return body?.test(signs.httpBody ?? '') === true;
}
