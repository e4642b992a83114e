import { FRONT_PAGE } from '../../products/index.ts';
import type { HttpAnswer, HttpAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { PASSWORD_FIELD, asksForLogin, isRedirect, isWebDoor } from '../web-doors.ts';
import { loginFormOf } from './login-form.ts';
import type { LoginForm } from './login-form.ts';
import { meta } from './meta.ts';

/** Start of a page that shows whether it is the login again, bytes. */
const PAGE_START_BYTES = 16 * 1024;
/** An empty name, a colon, an empty password (RFC 7617 2). */
const BLANK_BASIC = `Basic ${Buffer.from(':').toString('base64')}`;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const front = await asker.request(FRONT_PAGE);
    if (front.status === 401 && /\bBasic\b/i.test(front.headers.get('www-authenticate') ?? '')) {
      return sendBlankBasic(asker);
    }
    const form = loginFormOf(front.body.toString('latin1'));
    if (form === undefined) return notApplicable('NO_LOGIN', 'no login that could be sent empty was found');
    return sendEmpty(asker, form);
  },
};

async function sendBlankBasic(asker: HttpAsker): Promise<Verdict> {
  const headers = { Authorization: BLANK_BASIC };
  const answer = await asker.request({ method: 'GET', path: '/', headers });
  const facts = { login: 'Basic', status: answer.status };
  if (asksForLogin(answer)) return isProtected(facts);
  const target = targetOf(answer);
  // Orthanc sends whoever is in on to its viewer.
  const isIn = answer.status === 200 || (target !== undefined && (await opens(asker, target, headers)));
  return isIn
    ? exposed(facts, { grants: ['H'] })
    : inconclusive('STATUS_UNCLEAR', 'the answer shows neither yes nor no', facts);
}

async function sendEmpty(asker: HttpAsker, { action, fields }: LoginForm): Promise<Verdict> {
  const answer = await asker.request({
    method: 'POST',
    path: action,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: fields.map((name) => `${encodeURIComponent(name)}=`).join('&'),
  });
  const facts = { login: 'form', status: answer.status };
  const cookies = cookiesOf(answer);
  const target = targetOf(answer);
  if (cookies === '' || target === undefined || asksForLogin(answer)) return isProtected(facts);
  return (await opens(asker, target, { Cookie: cookies }))
    ? exposed(facts, { grants: ['H'] })
    : isProtected(facts);
}

/** Whether these headers show a page that strangers do not get: only that proves that the empty login was one. */
async function opens(
  asker: HttpAsker,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const page = { method: 'GET', path, bodyMaxBytes: PAGE_START_BYTES } as const;
  const asStranger = await asker.request(page);
  return isClosed(asStranger) && !isClosed(await asker.request({ ...page, headers }));
}

function isClosed(answer: HttpAnswer): boolean {
  return answer.status !== 200 || PASSWORD_FIELD.test(answer.body.toString('latin1'));
}

/** Names and values of the cookies that were set; several headers were joined with commas. */
function cookiesOf({ headers }: HttpAnswer): string {
  const pairs = (headers.get('set-cookie') ?? '').split(/,(?=\s*[\w.-]+=)/);
  return pairs.flatMap((pair) => /^\s*[\w.-]+=[^;,\s]{1,1024}/.exec(pair)?.[0].trim() ?? []).join('; ');
}

/** Where an answer sends on to, as a path of this server. */
function targetOf({ status, headers }: HttpAnswer): string | undefined {
  return isRedirect(status) ? pathOf(headers.get('location') ?? '') : undefined;
}

/** A path of this server; undefined for any other place, which is not ours to visit. */
function pathOf(location: string): string | undefined {
  if (/^\/(?!\/)/.test(location)) return location;
  return /^[\w.-]+(?:[/?#]|$)/.test(location) && !location.includes(':') ? `/${location}` : undefined;
}
