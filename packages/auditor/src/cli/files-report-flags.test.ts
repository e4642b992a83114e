import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseScanReport } from '../findings/index.ts';
import { buildFile } from '../files/testing/build-file.ts';
import { runCommandLine } from './commands.ts';

/** A name that only paths hold. */
const CANARY = 'CANARY^PATIENT';

async function files(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  let exitCode = 0;
  const none = (): Promise<string[]> => Promise.resolve([]);
  const code = await runCommandLine(['files', ...args, '--clamd', 'off', '--workers', '1'], {
    version: '0.1.0',
    print: (text) => (out += text),
    printError: (text) => (err += text),
    isTerminal: false,
    signal: new AbortController().signal,
    resolver: { addresses: none, texts: none },
    environment: {},
    fail: (given) => (exitCode = given),
  });
  return { code: Math.max(code, exitCode), out, err };
}

const folder = mkdtempSync(join(tmpdir(), 'auditor-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const archive = join(folder, 'archive');
const out = join(folder, 'first');
const first = { code: -1, out: '', err: '' };

/** One hostile file, and reports about it for three readers. */
beforeAll(async () => {
  mkdirSync(archive);
  writeFileSync(join(archive, `${CANARY}.dcm`), buildFile({ preamble: 'MZ' }));
  const flags = ['--audience', 'public', 'authority', '--format', 'html', 'csv'];
  Object.assign(first, await files(archive, '--show-paths', '--reports', out, ...flags));
});

function allFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describe('the report flags of files', () => {
  test('--reports writes what a scan writes; --format says which', () => {
    expect(first.code).toBe(1);
    expect(first.out).toContain(`Reports are in ${out}`);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['findings.json', 'report.html', 'T1.csv']));
    expect(readdirSync(out)).not.toContain('report.sarif');
    const { findings } = parseScanReport(readFileSync(join(out, 'findings.json')));
    expect(findings[0]).toMatchObject({ check: 'P01', outcome: 'exposed' });
  });

  test('--audience public names no path, even where paths are shown', () => {
    expect(readFileSync(join(out, 'findings.json'), 'utf8')).toContain(CANARY);
    expect(readdirSync(join(out, 'authority'))).toContain('findings.json');
    const shown = allFiles(join(out, 'public')).map((path) => readFileSync(path, 'utf8'));
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.filter((text) => text.includes('CANARY') || text.includes(archive))).toEqual([]);
  });

  test('--compare-with tells what is gone; --recipient leaves nothing in clear, and it can be read again', async () => {
    const clean = join(folder, 'clean');
    mkdirSync(clean);
    writeFileSync(join(clean, 'a.dcm'), buildFile());
    const second = join(folder, 'second');
    const identity = await generateIdentity();
    const sealed = ['--recipient', await identityToRecipient(identity)];
    const compared = ['--compare-with', join(out, 'findings.json')];
    expect(await files(clean, '--reports', second, ...compared, ...sealed)).toMatchObject({ code: 0 });
    expect(allFiles(second).filter((path) => !path.endsWith('.age'))).toEqual([]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const read = async (name: string) => decrypter.decrypt(readFileSync(join(second, `${name}.age`)));
    expect(parseScanReport(await read('findings.json')).systems).toHaveLength(1);
    expect(Buffer.from(await read('T2.csv')).toString()).toMatch(/gone/i);
    expect(readdirSync(out)).not.toContain('T2.csv');
  });

  test.each([
    [['--recipient', 'age1nonsense'], /recipient 1 is no age recipient[^]*-> age-keygen/],
    [['--encrypt-to', 'absent.pem'], /absent\.pem is no certificate in PEM/],
    [['--compare-with', 'absent.json'], /it cannot be read[^]*-> name the findings\.json/],
    [['--audience', 'owner'], /nothing says whose these files are[^]*-> name authority/],
    [['--format', 'pdf'], /Allowed choices are html/],
  ])('%s is refused before a file is read, with what to do', async (flags, message) => {
    const never = join(folder, 'never');
    const { code, err } = await files(archive, '--reports', never, ...flags);
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(existsSync(never)).toBe(false);
  });

  test('a flag without a folder, and a folder with reports, are refused', async () => {
    const lost = await files(archive, '--format', 'html');
    expect(lost).toMatchObject({ code: 2, err: expect.stringContaining('add --reports FOLDER') as string });
    const again = await files(archive, '--reports', out);
    expect(again.err).toMatch(/holds reports already[^]*-> name another folder/);
    expect(again.code).toBe(2);
  });

  test.each([[['--json']], [['--out', join(folder, 'clear.json')]]])(
    '%s is refused beside recipients: it would be in clear',
    async (flags) => {
      const recipient = ['--recipient', await identityToRecipient(await generateIdentity())];
      const refused = await files(archive, '--reports', join(folder, 'never'), ...flags, ...recipient);
      expect(refused).toMatchObject({ code: 2, out: '' });
      expect(refused.err).toMatch(/: what it writes is not encrypted[^]*-> leave it out/);
      expect(existsSync(join(folder, 'clear.json'))).toBe(false);
    },
  );
});
