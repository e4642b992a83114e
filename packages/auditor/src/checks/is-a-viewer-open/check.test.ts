import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { orthancPages, startSimulatedWeb } from '../../testing/simulated-pacs.ts';
import { basicChallenge, dicomWebArchive, htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W09 is a viewer open', () => {
  test('exposed: a list of studies for everybody; nothing of the page is kept', async () => {
    const page = '<title>X</title><table class="big study-list"><tr><td>CANARY^NEVER</table>';
    await using web = await startWeb(() => htmlPage(page));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      grants: ['H'],
      evidence: { sign: 'class of the page' },
    });
    expect(JSON.stringify(verdict)).not.toMatch(/CANARY|study-list/);
  });

  test('exposed: OHIF before an open archive, Orthanc without a login', async () => {
    await using ohif = await startWeb(dicomWebArchive('open', 'OHIF Viewer'));
    const verdict = await askOne(check, { port: ohif.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { viewer: 'OHIF', dataSource: 'open' } });
    await using orthanc = await startSimulatedWeb(orthancPages({ studies: 1, images: 1 }));
    const second = await askOne(check, { port: orthanc.port, protocol: 'http' });
    expect(second).toMatchObject({ outcome: 'exposed', evidence: { viewer: 'Orthanc' } });
  });

  test('protected: a viewer whose archive asks for a login', async () => {
    await using ohif = await startWeb(dicomWebArchive('login', 'OHIF Viewer'));
    expect((await askOne(check, { port: ohif.port, protocol: 'http' })).outcome).toBe('protected');
    await using orthanc = await startWeb(() => basicChallenge('Orthanc Secure Area'));
    expect((await askOne(check, { port: orthanc.port, protocol: 'http' })).outcome).toBe('protected');
    await using form = await startWeb(() => htmlPage('<title>Study list</title><input type=password>'));
    expect((await askOne(check, { port: form.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test.each([
    ['inconclusive: a viewer whose archive is elsewhere', '<title>OHIF Viewer</title>', 'inconclusive'],
    ['not applicable: any other page', '<title>Work list of the canteen</title>', 'notApplicable'],
  ])('%s', async (_title, body, outcome) => {
    await using web = await startWeb(({ path }) => (path === '/' ? htmlPage(body) : undefined));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe(outcome);
  });
});
