import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const digest = { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="ManagementRealm", nonce="x"' } };

/** A device that speaks DICOM stands beside the door. */
const ofImaging = { others: [{ port: 104, protocol: 'dicom' }] };

describe('W13 is a console reachable', () => {
  test.each([
    ['WildFly', '/management', digest],
    ['Keycloak', '/', htmlPage('<title>Welcome to Keycloak</title>')],
    ['Kibana', '/', { status: 302, headers: { 'kbn-name': 'k', Location: '/login' } }],
    ['pgAdmin', '/pgadmin4/login', htmlPage('<title>pgAdmin 4</title><input type="password">')],
    ['phpLDAPadmin', '/phpldapadmin/', htmlPage('<title>phpLDAPadmin (1.2)</title>')],
  ])('exposed: %s', async (console, path, page) => {
    await using web = await startWeb((request) => (request.path === path ? page : undefined));
    const verdict = await askOne(check, { port: web.port, protocol: 'http', ...ofImaging });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { console, path } });
  });

  test('protected: a front that lets nobody to the console', async () => {
    await using web = await startWeb(({ path }) => (path === '/management' ? { status: 403 } : undefined));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test.each([401, 404])('not applicable: %i for everything', async (status) => {
    await using web = await startWeb(() => ({ status }));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
  });

  test('not applicable: a console beside which nothing speaks of imaging', async () => {
    await using web = await startWeb(() => htmlPage('<title>pgAdmin 4</title>'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable', evidence: { console: 'pgAdmin' } });
  });
});
