import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W15 are internals told', () => {
  test.each([
    ['/actuator', '{"_links":{"self":{}}}'],
    ['/metrics', '# HELP process_cpu_seconds_total x\n'],
    ['/tools/metrics-prometheus', 'orthanc_count_studies 3 1\n'],
    ['/swagger-ui/index.html', '<title>Swagger UI</title>'],
    ['/openapi.json', '{ "openapi": "3.1.0" }'],
  ])('exposed: %s', async (wanted, body) => {
    await using web = await startWeb(({ path }) => (path === wanted ? { body } : undefined));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { pages: 1 } });
  });

  test('protected: they ask for a login', async () => {
    await using web = await startWeb(({ path }) => (path === '/metrics' ? { status: 401 } : undefined));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test('not applicable: one page for every path', async () => {
    await using web = await startWeb(() => htmlPage('<title>Canteen</title>'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
  });
});
