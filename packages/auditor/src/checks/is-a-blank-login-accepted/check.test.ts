import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { basicChallenge, basicLoginOf, htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';
import { loginFormOf } from './login-form.ts';

const optIns = ['defaultLogins'] as const;
const FORM = `<form action="/enter" method="POST"><input name="user"><input type=password name="pass">
<input type=hidden name=csrf value=CANARY></form>`;

const withForm = (acceptsBlank: boolean) =>
  startWeb(({ method, path, headers, body }) => {
    if (path === '/') return htmlPage(FORM);
    if (path === '/list') return headers.cookie === 'sid=1' ? htmlPage('<table></table>') : { status: 302 };
    if (method !== 'POST' || path !== '/enter' || body !== 'user=&pass=') return undefined;
    const to = acceptsBlank ? '/list' : '/?again';
    return { status: 302, headers: { Location: to, 'Set-Cookie': 'sid=1; Path=/; HttpOnly' } };
  });

describe('W08 is a blank login accepted', () => {
  test('exposed: Basic with nothing in it', async () => {
    await using web = await startWeb((request) =>
      basicLoginOf(request) === ':' ? htmlPage('in') : basicChallenge('PACS'),
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { login: 'Basic' } });
  });

  test('exposed: Basic with nothing in it sends on to a page that strangers do not get, as Orthanc does', async () => {
    const withBasic = (page: string) =>
      startWeb((request) => {
        if (basicLoginOf(request) !== ':' && request.path !== page)
          return basicChallenge('Orthanc Secure Area');
        if (request.path === '/') return { status: 301, headers: { Location: 'app/explorer.html' } };
        return request.path === '/app/explorer.html' ? htmlPage('explorer') : undefined;
      });
    await using open = await withBasic('none');
    const verdict = await askOne(check, { port: open.port, protocol: 'http', optIns });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { login: 'Basic', status: 301 } });
    // A page that everybody gets proves no login.
    await using unclear = await withBasic('/app/explorer.html');
    const unproved = await askOne(check, { port: unclear.port, protocol: 'http', optIns });
    expect(unproved.outcome).toBe('inconclusive');
  });

  test('exposed: the empty form lets in to where strangers do not come', async () => {
    await using web = await withForm(true);
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { login: 'form' } });
    expect(web.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  test('protected: the form again, and 401 again', async () => {
    await using form = await withForm(false);
    expect((await askOne(check, { port: form.port, protocol: 'http', optIns })).outcome).toBe('protected');
    await using web = await startWeb(() => basicChallenge('PACS'));
    expect((await askOne(check, { port: web.port, protocol: 'http', optIns })).outcome).toBe('protected');
  });

  test('not applicable: no login, or a form that leads to another server', async () => {
    await using web = await startWeb(() => htmlPage(FORM.replace('/enter', 'https://idp.example/')));
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict.outcome).toBe('notApplicable');
    expect(web.requests).toEqual(['GET /']);
  });

  test('any page gives a form of this server or none', () => {
    const parts = fc.constantFrom(
      '<form ',
      'method=post',
      '>',
      '<input ',
      'type=password',
      'action=//x',
      '</form>',
      '"',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (list) => {
        expect(loginFormOf(list.join(' '))?.action ?? '/').toMatch(/^\/(?!\/)/);
      }),
    );
  });
});
