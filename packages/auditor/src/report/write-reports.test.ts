import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readScanReport } from '../findings/index.ts';
import { finding, report, system } from '../findings/testing/small-report.ts';
import { writeLetters, writeReports } from './index.ts';
import { sampleMetas } from './testing/sample-metas.ts';

const metas = sampleMetas;
const audited = report(
  [
    system('192.0.2.10', { owner: 'Clinic ../../North', accessClasses: ['A1', 'A3'] }),
    system('192.0.2.20', { owner: 'South' }),
  ],
  [finding('D05', '192.0.2.10'), finding('T01', '192.0.2.20')],
);

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leadglass-reports-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function allFiles(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('writing reports', () => {
  test('every file is there, whole, and only its owner may read it', async () => {
    const written = await writeReports(audited, folder, { metas });
    expect(written.map((path) => path.slice(folder.length + 1))).toEqual([
      'findings.json',
      'report.html',
      'report.sarif',
      'report.md',
      'report.txt',
      'T1.csv',
      'T3.csv',
      'T4.csv',
      'T5.csv',
      'T6.csv',
    ]);
    expect((await allFiles()).sort()).toEqual(written.toSorted());
    for (const path of written) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readScanReport(join(folder, 'findings.json'))).toEqual(audited);
  });

  test('only the formats that were asked for are written, and always findings.json', async () => {
    const written = await writeReports(audited, folder, { metas, formats: ['csv', 'txt'] });
    expect(written.map((path) => path.slice(folder.length + 1))).toEqual([
      'findings.json',
      'report.txt',
      'T1.csv',
      'T3.csv',
      'T4.csv',
      'T5.csv',
      'T6.csv',
    ]);
  });

  test('writing again replaces; a link in the way is replaced, not followed', async () => {
    const outside = join(folder, 'outside');
    await writeFile(outside, 'untouched');
    await symlink(outside, join(folder, 'report.txt'));
    await writeReports(audited, folder, { metas });
    await writeReports(audited, folder, { metas });
    expect(await readFile(outside, 'utf8')).toBe('untouched');
    expect((await stat(join(folder, 'report.txt'))).size).toBeGreaterThan(100);
  });

  test('with age recipients nothing is written in clear, and each of them can read it', async () => {
    const identities = [await generateIdentity(), await generateIdentity()];
    const recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
    const written = [
      ...(await writeReports(audited, folder, { metas, recipients })),
      ...(await writeLetters(audited, join(folder, 'letters'), { metas, recipients })),
    ];
    for (const path of await allFiles()) {
      expect(written).toContain(path);
      expect(path).toMatch(/\.age$/);
      const content = await readFile(path);
      expect(content.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n/);
      expect(content.toString('latin1')).not.toContain('192.0.2.10');
    }
    const path = written[0] ?? '';
    for (const identity of identities) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      expect(JSON.parse(await decrypter.decrypt(await readFile(path), 'text'))).toEqual(audited);
    }
  });

  test('a recipient that is none stops before anything is written, and is not repeated', async () => {
    const secret = await generateIdentity();
    const attempt = writeReports(audited, folder, { metas, recipients: [secret] });
    await expect(attempt).rejects.toMatchObject({ code: 'BAD_RECIPIENT' });
    await expect(attempt).rejects.not.toThrow(secret);
    expect(await allFiles()).toEqual([]);
  });

  test('for owners: one folder each, inside the folder whatever the owner is called', async () => {
    const written = await writeReports(audited, folder, { metas, audience: 'owner' });
    const folders = new Set(written.map((path) => path.slice(folder.length + 1).split('/')[0]));
    expect([...folders]).toEqual([
      expect.stringMatching(/^clinic-north-[0-9a-f]{8}$/),
      expect.stringMatching(/^south-[0-9a-f]{8}$/),
    ]);
    for (const path of await allFiles()) {
      const content = await readFile(path, 'utf8');
      const isNorth = path.includes('clinic-north');
      expect(content).not.toContain(isNorth ? '192.0.2.20' : '192.0.2.10');
    }
  });
});
