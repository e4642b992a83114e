import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { dicomWebArchive, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const archive = dicomWebArchive('open');

describe('W11 may other sites read it', () => {
  test.each([
    ['any', () => '*'],
    ['repeats the foreign one', (origin: string) => origin],
  ])('exposed: %s', async (allowsOrigin, answer) => {
    await using web = await startWeb((request) => {
      const page = archive(request);
      const allowed = answer(request.headers.origin ?? '');
      return page && { ...page, headers: { ...page.headers, 'Access-Control-Allow-Origin': allowed } };
    });
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { allowsOrigin } });
  });

  test('protected: no other site is named', async () => {
    await using web = await startWeb(archive);
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test('not applicable: a public page that has nothing to do with imaging', async () => {
    await using web = await startWeb(() => ({ headers: { 'Access-Control-Allow-Origin': '*' } }));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
  });
});
