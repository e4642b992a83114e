import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const token = (claims: object): string =>
  `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** A device that speaks DICOM stands beside the door. */
const ofImaging = { others: [{ port: 104, protocol: 'dicom' }] };

describe('W17 are tokens in links', () => {
  test.each([
    [
      'a token without an end in a link',
      htmlPage('<a href="/view?id=1&amp;token=CANARY0123456789ab">'),
      'page',
      false,
    ],
    [
      'a token of a year in a redirect',
      { status: 302, headers: { Location: `/?access_token=${token({ exp: inSeconds(31_000_000) })}` } },
      'redirect',
      true,
    ],
    [
      'a session in the path',
      { status: 302, headers: { Location: '/list;jsessionid=CANARY0123456789ab' } },
      'redirect',
      false,
    ],
  ])('exposed: %s; it is not kept', async (_title, page, place, hasEnd) => {
    await using web = await startWeb(() => page);
    const verdict = await askOne(check, { port: web.port, protocol: 'http', ...ofImaging });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { place, hasEnd } });
    expect(JSON.stringify(verdict)).not.toMatch(/CANARY|eyJ/);
  });

  test('protected: a token that ends within the hour', async () => {
    const page = htmlPage(`<a href="/view?jwt=${token({ exp: inSeconds(3_000) })}">`);
    await using web = await startWeb(() => page);
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test('not applicable: links without tokens', async () => {
    await using web = await startWeb(() => htmlPage('<link href="/style.css?v=0123456789abcdef0123">'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
  });

  test('not applicable: a session in the path of a shop', async () => {
    await using web = await startWeb(() => htmlPage('<a href="/basket;jsessionid=0123456789abcdef">'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable', evidence: { parameter: 'jsessionid' } });
  });
});
