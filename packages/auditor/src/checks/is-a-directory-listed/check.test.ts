import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { htmlPage, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

const listing = (names: readonly string[]): string =>
  `<html><head><title>Index of /dicom/</title></head><pre>${names.map((name) => `<a href="${name}">${name}</a>`).join('\n')}`;

describe('W10 is a directory listed', () => {
  test('exposed: DICOM files are counted, their names dropped', async () => {
    const page = htmlPage(listing(['../', 'CANARY_1.dcm', 'CANARY_2.DCM', 'DICOMDIR', 'notes.txt']));
    await using web = await startWeb(({ path }) => (path === '/dicom/' ? page : undefined));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { files: 3, listings: 1 },
      counts: { files: { value: 3, isLowerBound: false } },
    });
    expect(JSON.stringify(verdict)).not.toContain('CANARY');
  });

  test('exposed: the packs of an archive; they are encrypted, and still nothing to give away', async () => {
    const page = htmlPage(listing(['00000001.pack', '00000002.pack', 'backpack', 'six.pack']));
    await using web = await startWeb(({ path }) => (path === '/' ? page : undefined));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { files: 2 } });
  });

  test('exposed: of a listing of a million lines the start is read', async () => {
    const page = htmlPage(listing(Array.from({ length: 100_000 }, (_, index) => `${index}.dcm`)));
    await using web = await startWeb(({ path }) => (path === '/' ? page : undefined));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', counts: { files: { isLowerBound: true } } });
  });

  test('protected: no listing', async () => {
    await using web = await startWeb(() => htmlPage('<title>PACS</title><a href="x.dcm">'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test('not applicable: a listing of something else', async () => {
    await using web = await startWeb(() => htmlPage(listing(['menu.pdf'])));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('notApplicable');
  });
});
