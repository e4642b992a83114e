import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const FRONT = '<title>OHIF Viewer</title><script defer="defer" src="/app.bundle.0123abcd.js"></script>';

const ohif = (bundle: string, config = '') =>
  startWeb(({ path }) => {
    if (path === '/') return htmlPage(FRONT);
    if (path === '/app-config.js') return { body: config };
    return path === '/app.bundle.0123abcd.js' ? { body: bundle } : undefined;
  });

describe('W16 is the viewer outdated', () => {
  test('exposed: 3.12.0, and a data source a URL can name (CVE-2026-12473)', async () => {
    await using web = await ohif('e.versionNumber="3.12.0"', "dataSources:[{ sourceName: 'dicomwebproxy' }]");
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { version: '3.12.0', urlDataSource: true },
      signs: { webVersion: 'OHIF 3.12.0' },
    });
  });

  test('protected: 3.12.2; what is commented out does not count', async () => {
    await using web = await ohif('VERSION_NUMBER:"3.12.2"', "  //  sourceName: 'dicomwebproxy',");
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { urlDataSource: false } });
  });

  test.each([
    ['26b7eafdf05b5445414b', '3.12.0', 'exposed'],
    ['096daabbdde29bd851ab', '3.12.10', 'protected'],
  ])('a bundle as its makers publish it is known by its name: %s', async (name, version, outcome) => {
    await using web = await startWeb(({ path }) =>
      path === '/' ? htmlPage(FRONT.replace('0123abcd', name)) : undefined,
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome, evidence: { version } });
    expect(web.requests.join()).not.toContain('bundle');
  });

  test('inconclusive: the version stands further back than is read', async () => {
    await using web = await ohif(`${' '.repeat(300_000)}versionNumber="3.1.0"`);
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('inconclusive');
  });

  test('not applicable: no OHIF; a bundle on another server is not fetched', async () => {
    await using web = await startWeb(() => htmlPage('<title>X</title>'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
    const foreign = FRONT.replace('/app.bundle', '//cdn.example/app.bundle');
    await using second = await startWeb(({ path }) => (path === '/' ? htmlPage(foreign) : undefined));
    expect((await askOne(check, { port: second.port, protocol: 'http' })).outcome).toBe('inconclusive');
    expect(second.requests.join()).not.toContain('bundle');
  });
});
