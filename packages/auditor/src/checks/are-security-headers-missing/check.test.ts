import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { testCertificate } from '../../testing/certificates.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const PAGE = '<html><title>Example PACS</title></html>';
const careful = {
  'Strict-Transport-Security': 'max-age=31536000',
  'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
};

describe('W12 are security headers missing', () => {
  test('exposed: all of them', async () => {
    await using web = await startWeb(() => htmlPage(PAGE), { tls: { ...testCertificate() } });
    const verdict = await askOne(check, { port: web.port, protocol: 'https' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: {
        missing:
          'Strict-Transport-Security, Content-Security-Policy, X-Content-Type-Options, frame-ancestors',
      },
    });
  });

  test('protected: none of them', async () => {
    await using web = await startWeb(() => htmlPage(PAGE, careful), { tls: { ...testCertificate() } });
    expect((await askOne(check, { port: web.port, protocol: 'https' })).outcome).toBe('protected');
  });

  test.each([
    ['an interface without pages', { headers: { 'Content-Type': 'application/json' }, body: '{}' }],
    ['a page that has nothing to do with imaging', htmlPage('<title>Canteen</title>')],
  ])('not applicable: %s', async (_title, page) => {
    await using web = await startWeb(() => page);
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
  });
});
