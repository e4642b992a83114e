import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { basicChallenge, htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W06 is a basic login in clear', () => {
  test('exposed: Basic over HTTP (RFC 7617 4)', async () => {
    await using web = await startWeb(() => basicChallenge('Orthanc Secure Area'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { status: 401, scheme: 'Basic' } });
  });

  test.each([
    ['protected: another scheme', { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } }, 'protected'],
    ['not applicable: no login by HTTP', htmlPage('<html></html>'), 'notApplicable'],
  ])('%s', async (_title, page, outcome) => {
    await using web = await startWeb(() => page);
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict.outcome).toBe(outcome);
  });

  test('not applicable: the login of a printer', async () => {
    await using web = await startWeb(() => basicChallenge('Printer'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable', evidence: { scheme: 'Basic' } });
  });
});
