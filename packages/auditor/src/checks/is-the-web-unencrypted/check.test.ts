import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W05 is the web unencrypted', () => {
  test.each([
    ['a PACS', '<html><head><title>Example PACS</title></head></html>', 'title'],
    ['a login', '<form><input name=p type="password"></form>', 'password field'],
  ])('exposed: %s in clear text', async (_title, body, sign) => {
    await using web = await startWeb(() => htmlPage(body));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { sign } });
  });

  test('protected: a redirect to HTTPS, which is not followed', async () => {
    const headers = { Location: 'https://pacs.example/' };
    await using web = await startWeb(() => ({ status: 301, headers }));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected' });
    expect(web.requests).toEqual(['GET /']);
  });

  test('not applicable: any other web server', async () => {
    await using web = await startWeb(() => htmlPage('<title>Canteen</title>'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict.outcome).toBe('notApplicable');
  });

  test('HTTPS is not asked', () => {
    const service = { port: 443, protocol: 'https', speaksDicom: false, speaksTls: true, isDicomPort: false };
    expect(check.matches({ ...service, system: { address: '127.0.0.1', services: [] } })).toBe(false);
  });
});
