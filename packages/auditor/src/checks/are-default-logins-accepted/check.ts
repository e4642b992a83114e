import { FRONT_PAGE, ORTHANC_SYSTEM } from '../../products/index.ts';
import type { HttpAnswer, HttpAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { isWebDoor, productOfDoor } from '../web-doors.ts';
import { defaultLogins } from './default-logins.ts';
import type { DefaultLogin } from './default-logins.ts';
import { meta } from './meta.ts';

/** Keycloak's door for a login without a browser; the answer, a token, is not read. */
const tokenPath = (realm: string): string => `/realms/${realm}/protocol/openid-connect/token`;
const realmPath = (realm: string): string => `/realms/${realm}`;
/** Locked, too many: further tries would lock out whoever works there. */
const LOCKS = new Set([423, 429, 503]);

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const product = await productOfDoor(asker);
    const known = product === undefined ? undefined : defaultLogins[product];
    if (product === undefined || known === undefined) {
      return notApplicable('NO_DEFAULT_LOGIN', 'no product with a documented login was recognised');
    }
    // One try an account: an account that both doors of the product know is tried at the one that asks for it.
    const byHttp = known.filter(({ realm }) => realm === undefined);
    const guarded = product === 'Orthanc' ? ORTHANC_SYSTEM : FRONT_PAGE;
    if (await demandsBasic(asker, guarded))
      return tryAll(product, byHttp, (login) => basic(asker, guarded, login));
    const byRealm = await withRealm(asker, known);
    if (byRealm.length > 0) return tryAll(product, byRealm, (login) => byToken(asker, login));
    return notApplicable('NO_LOGIN_DOOR', 'the product offers no login that can be tried here', { product });
  },
};

async function tryAll(
  product: string,
  logins: readonly DefaultLogin[],
  attempt: (login: DefaultLogin) => Promise<HttpAnswer>,
): Promise<Verdict> {
  let tries = 0;
  for (const login of logins) {
    const { status } = await attempt(login);
    tries++;
    const facts = { product, account: login.user, status, tries };
    if (status === 200) return exposed(facts, { grants: ['H'] });
    if (LOCKS.has(status))
      return inconclusive('LOCK', 'the server shows signs of a lock: no further try', facts);
  }
  return isProtected({ product, tries });
}

type Question = typeof FRONT_PAGE | typeof ORTHANC_SYSTEM;

async function demandsBasic(asker: HttpAsker, question: Question): Promise<boolean> {
  const { status, headers } = await asker.request(question);
  return status === 401 && /\bBasic\b/i.test(headers.get('www-authenticate') ?? '');
}

function basic(asker: HttpAsker, { method, path }: Question, login: DefaultLogin): Promise<HttpAnswer> {
  const token = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  return asker.request({ method, path, headers: { Authorization: `Basic ${token}` } });
}

/** The accounts whose realm this door has. */
async function withRealm(asker: HttpAsker, logins: readonly DefaultLogin[]): Promise<DefaultLogin[]> {
  const found: DefaultLogin[] = [];
  for (const login of logins) {
    if (login.realm === undefined) continue;
    const { status } = await asker.request({ method: 'GET', path: realmPath(login.realm) });
    if (status === 200) found.push(login);
  }
  return found;
}

function byToken(asker: HttpAsker, { user, password, realm = '' }: DefaultLogin): Promise<HttpAnswer> {
  const form = new URLSearchParams({
    grant_type: 'password',
    client_id: 'admin-cli',
    username: user,
    password,
  });
  return asker.request({
    method: 'POST',
    path: tokenPath(realm),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}
