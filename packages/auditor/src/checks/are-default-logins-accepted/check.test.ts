import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { basicChallenge, basicLoginOf, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const optIns = ['defaultLogins'] as const;

/** Orthanc with the given login; the logins tried are noted. */
const orthanc = (login: string, tried: string[], lockStatus?: number) =>
  startWeb((request) => {
    const given = basicLoginOf(request);
    if (given === undefined) return basicChallenge('Orthanc Secure Area');
    tried.push(given);
    if (lockStatus !== undefined) return { status: lockStatus };
    return given === login ? { body: '{}' } : basicChallenge('Orthanc Secure Area');
  });

describe('W07 are default logins accepted', () => {
  test('exposed: orthanc:orthanc; the password is not in the evidence', async () => {
    const tried: string[] = [];
    await using web = await orthanc('orthanc:orthanc', tried);
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { account: 'orthanc', tries: 1 } });
    expect(tried).toHaveLength(1);
  });

  test('protected: the login was changed; it was tried once', async () => {
    const tried: string[] = [];
    await using web = await orthanc('orthanc:other', tried);
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict).toMatchObject({ outcome: 'protected' });
    expect(tried).toEqual(['orthanc:orthanc']);
  });

  test('inconclusive: no further try after a sign of a lock', async () => {
    await using web = await orthanc('orthanc:orthanc', [], 429);
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict).toMatchObject({ outcome: 'inconclusive', evidence: { tries: 1 } });
  });

  test.each([
    ['exposed', 'root', ['user', 'admin', 'root']],
    ['protected', '', ['user', 'admin', 'root', 'keycloak-admin']],
  ])('%s: Keycloak of dcm4chee, each account once', async (outcome, open, accounts) => {
    const tried: (string | null)[] = [];
    await using web = await startWeb(({ method, path, body }) => {
      if (path === '/') return { status: 302, headers: { Location: '/dcm4chee-arc/ui2/' } };
      if (method === 'GET') return /^\/realms\/\w+$/.test(path) ? { body: '{}' } : undefined;
      const name = new URLSearchParams(body).get('username');
      tried.push(name);
      return name === open ? { body: '{"access_token":"CANARY"}' } : { status: 401 };
    });
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict.outcome).toBe(outcome);
    expect(tried).toEqual(accounts);
    expect(JSON.stringify(verdict)).not.toMatch(/CANARY|changeit/);
  });

  test('not applicable: a product without a documented login is not tried', async () => {
    await using web = await startWeb(() => basicChallenge('Somebody else'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http', optIns });
    expect(verdict.outcome).toBe('notApplicable');
    expect(web.requests).toEqual(['GET /']);
  });
});
