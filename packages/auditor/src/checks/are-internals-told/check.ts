import type { HttpAnswer } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { isProtected, notApplicable } from '../verdicts.ts';
import { asksForLogin, exposedIfImaging, isLoginEverywhere, isWebDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

/** The shape of a page shows in its beginning. */
const PAGE_START_BYTES = 2 * 1024;

const METRICS = /^# (?:HELP|TYPE) [a-z_:]/im;
const API = /^\s*\{[^]{0,200}"(?:openapi|swagger)"\s*:/;

const pages: readonly { path: string; what: string; shape: RegExp }[] = [
  { path: '/actuator', what: 'actuator', shape: /^\s*\{\s*"_links"\s*:/ },
  { path: '/metrics', what: 'metrics', shape: METRICS },
  { path: '/tools/metrics-prometheus', what: 'metrics of Orthanc', shape: /^orthanc_\w+ [\d.]/m },
  { path: '/swagger-ui/index.html', what: 'Swagger', shape: /<title>\s*Swagger UI/i },
  { path: '/v3/api-docs', what: 'API description', shape: API },
  { path: '/openapi.json', what: 'API description', shape: API },
];

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker, service) {
    if (await isLoginEverywhere(asker)) return isProtected({ loginBeforeEverything: true });
    const open: string[] = [];
    let refused = 0;
    for (const { path, what, shape } of pages) {
      const answer = await asker.request({ method: 'GET', path, bodyMaxBytes: PAGE_START_BYTES });
      if (has(answer, shape)) open.push(`${what} (${path})`);
      else if (asksForLogin(answer)) refused++;
    }
    if (open.length > 0) {
      const facts = { pages: open.length, which: open.join(', ') };
      return exposedIfImaging(asker, service, facts);
    }
    return refused > 0
      ? isProtected({ refused })
      : notApplicable('NO_SUCH_PAGE', 'none of these pages is there');
  },
};

function has({ status, body }: HttpAnswer, shape: RegExp): boolean {
  return status === 200 && shape.test(body.toString('latin1'));
}
