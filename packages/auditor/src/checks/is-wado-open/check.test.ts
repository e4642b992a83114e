import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { basicChallenge, dicomWebArchive, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W03 is WADO open', () => {
  test('exposed: WADO-RS looked for the study instead of asking who is there', async () => {
    await using web = await startWeb(dicomWebArchive('open'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { service: 'WADO-RS', status: 404 } });
  });

  test('exposed: WADO-URI knows its parameters and finds nothing', async () => {
    await using web = await startWeb(({ path, query }) =>
      path === '/wado' ? { status: query.has('objectUID') ? 404 : 400 } : undefined,
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { service: 'WADO-URI' } });
  });

  test('protected: searching is open, retrieving is not', async () => {
    const open = dicomWebArchive('open');
    await using web = await startWeb((request) =>
      request.path.startsWith('/dicom-web/studies/') ? { status: 401 } : open(request),
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { status: 401 } });
  });

  test('protected: a known product with a login before everything', async () => {
    await using web = await startWeb(() => basicChallenge('Orthanc Secure Area'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test('not applicable: a server that has neither', async () => {
    await using web = await startWeb(() => undefined);
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict.outcome).toBe('notApplicable');
  });
});
