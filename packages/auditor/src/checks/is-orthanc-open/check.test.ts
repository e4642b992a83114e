import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { orthancPages, startSimulatedWeb } from '../../testing/simulated-pacs.ts';
import { basicChallenge, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W14 is Orthanc open', () => {
  test('exposed: /system without a login, its version, and WebDAV', async () => {
    const pages = {
      ...orthancPages({ studies: 1, images: 1 }),
      'OPTIONS /webdav/': { headers: { DAV: '1,2' } },
    };
    await using web = await startSimulatedWeb(pages);
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { version: '1.9.7', webDAV: true },
      signs: { webVersion: 'Orthanc 1.9.7' },
    });
    expect(web.requests.filter((request) => !/^(GET|OPTIONS) /.test(request))).toEqual([]);
  });

  test('protected: Orthanc with a login', async () => {
    await using web = await startWeb(() => basicChallenge('Orthanc Secure Area'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test.each(['{', '{"Version":"CANARY"}', '[]', '<html>'])('not applicable: %s', async (body) => {
    await using web = await startWeb(() => ({ body }));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict.outcome).toBe('notApplicable');
  });
});
