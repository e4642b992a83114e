import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

/** A device that speaks DICOM stands beside the door. */
const ofImaging = { others: [{ port: 104, protocol: 'dicom' }] };

describe('W15 are internals told', () => {
  test.each([
    ['/actuator', '{"_links":{"self":{}}}'],
    ['/metrics', '# HELP process_cpu_seconds_total x\n'],
    ['/tools/metrics-prometheus', 'orthanc_count_studies 3 1\n'],
    ['/swagger-ui/index.html', '<title>Swagger UI</title>'],
    ['/openapi.json', '{ "openapi": "3.1.0" }'],
  ])('exposed: %s', async (wanted, body) => {
    await using web = await startWeb(({ path }) => (path === wanted ? { body } : undefined));
    const verdict = await askOne(check, { port: web.port, protocol: 'http', ...ofImaging });
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

  test('not applicable: metrics of a server that has nothing to do with imaging', async () => {
    await using web = await startWeb(({ path }) =>
      path === '/metrics' ? { body: '# HELP up x\n' } : undefined,
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable', evidence: { pages: 1 } });
  });
});
