import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { answersEverything, dicomWebArchive, htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W01 is DICOMweb search open', () => {
  test('exposed: a zero-match search is answered with an empty list', async () => {
    await using web = await startWeb(dicomWebArchive('open'));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['H'],
      evidence: { status: 200, root: '/dicom-web', answersUnknownUID: false },
    });
  });

  test('exposed: a server that does not filter, and nothing of its answer is kept', async () => {
    const canary = '[{"00100010":{"vr":"PN","Value":["CANARY^NEVER"]}}]';
    await using web = await startWeb(({ path }) =>
      path === '/dicom-web/studies'
        ? { headers: { 'Content-Type': 'application/dicom+json' }, body: canary }
        : undefined,
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { answersUnknownUID: true } });
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });

  test.each(['login', 'login-everywhere'] as const)('protected: 401, %s', async (form) => {
    await using web = await startWeb(dicomWebArchive(form));
    const others = [{ port: 104, protocol: 'dicom' }];
    const verdict = await askOne(check, { port: web.port, protocol: 'http', others });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { status: 401 } });
  });

  test.each([
    ['HTML', htmlPage('<html></html>')],
    ['an empty JSON list', { headers: { 'Content-Type': 'application/json' }, body: '[{}]' }],
    ['nothing', { status: 204 }],
    ['401', { status: 401 }],
  ])('not applicable: a server that answers everything with %s', async (_title, page) => {
    await using web = await startWeb(answersEverything(page));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable' });
  });

  test('inconclusive: the search fails', async () => {
    await using web = await startWeb(({ path }) =>
      path.startsWith('/dicom-web') ? { status: 500 } : undefined,
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'inconclusive' });
  });
});
