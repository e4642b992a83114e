import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createMasterKey,
  initialiseInstallation,
  installationFolders,
  isInstallation,
  openInstallation,
  openMasterKey,
} from './index.ts';
import { newPassphraseParameters } from './master-key.ts';

let base: string;
let dataFolder: string;
let keyFile: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'leadglass-installation-'));
  dataFolder = join(base, 'data');
  keyFile = join(base, 'keys', 'master.key');
});
afterEach(() => rmSync(base, { recursive: true }));

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}

describe('the master key', () => {
  test('derives a key for each purpose, the same one each time', () => {
    const key = createMasterKey(keyFile);
    expect(key.derive('a')).toEqual(openMasterKey({ file: keyFile }).derive('a'));
    expect(key.derive('a')).not.toEqual(key.derive('b'));
    expect(key.derive('a')).toHaveLength(32);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  test('is never overwritten', () => {
    createMasterKey(keyFile);
    expect(() => createMasterKey(keyFile)).toThrow(expect.objectContaining({ code: 'KEY_FILE_EXISTS' }));
  });

  test.each([0o640, 0o604, 0o620, 0o644])('mode %o is refused', (mode) => {
    createMasterKey(keyFile);
    chmodSync(keyFile, mode);
    expect(() => openMasterKey({ file: keyFile })).toThrow(
      expect.objectContaining({ code: 'KEY_FILE_EXPOSED' }),
    );
  });

  test('inside the data folder it is refused, also through a link', () => {
    mkdirSync(dataFolder);
    const inside = join(dataFolder, 'master.key');
    const code = 'KEY_FILE_IN_DATA_FOLDER';
    expect(() => createMasterKey(inside, dataFolder)).toThrow(expect.objectContaining({ code }));
    createMasterKey(inside);
    symlinkSync(inside, join(base, 'link.key'));
    symlinkSync(dataFolder, join(base, 'link'));
    for (const file of [inside, join(base, 'link.key'), join(base, 'link', 'master.key')]) {
      expect(() => openMasterKey({ file, dataFolder })).toThrow(expect.objectContaining({ code }));
    }
  });

  test.each(['', 'hello', 'leadglass-master-key-1', 'leadglass-master-key-1 AAAA', 'x'.repeat(1000)])(
    '%j is none',
    (text) => {
      writeFileSync(join(base, 'k'), text, { mode: 0o600 });
      expect(() => openMasterKey({ file: join(base, 'k') })).toThrow(
        expect.objectContaining({ code: 'KEY_FILE_UNREADABLE' }),
      );
    },
  );

  test('from a passphrase: the same text gives the same key, another salt another', () => {
    const parameters = newPassphraseParameters();
    const passphrase = 'five random words are good';
    const open = (): string => openMasterKey({ passphrase, parameters }).check;
    expect(open()).toBe(open());
    expect(openMasterKey({ passphrase, parameters: newPassphraseParameters() }).check).not.toBe(open());
    expect(() => openMasterKey({ passphrase: 'short', parameters })).toThrow(
      expect.objectContaining({ code: 'PASSPHRASE_TOO_SHORT' }),
    );
  });
});

describe('a new installation', () => {
  test('opens again; everything in it is private; no key and no token can be read in it (L8)', async () => {
    const made = await initialiseInstallation({ dataFolder, keyFile, hosts: ['pacs.example'] });
    expect(made.enrolmentUrl).toMatch(/^https:\/\/pacs\.example:8443\/enrol#[\w-]{43}$/);
    const opened = await openInstallation(dataFolder);
    expect(opened.serverKeyPem).toContain('PRIVATE KEY');
    const certificate = new X509Certificate(opened.serverCertPem);
    expect(certificate.checkHost('pacs.example')).toBeDefined();
    expect(certificate.checkIP('127.0.0.1')).toBeDefined();
    expect(certificate.verify(new X509Certificate(opened.caCertPem).publicKey)).toBe(true);
    const token = made.enrolmentUrl.split('#')[1] ?? '';
    const keyText = readFileSync(keyFile, 'latin1').split(' ')[1]?.trim() ?? '';
    for (const path of [dataFolder, ...filesBelow(dataFolder)]) {
      expect(statSync(path).mode & 0o077, path).toBe(0);
      if (!statSync(path).isFile()) continue;
      const text = readFileSync(path, 'latin1');
      expect(text).not.toContain('PRIVATE KEY');
      expect(text).not.toContain(token);
      expect(text).not.toContain(keyText);
    }
  });

  test('never overwrites, and takes no folder that is not its own', async () => {
    await initialiseInstallation({ dataFolder, keyFile });
    const before = filesBelow(dataFolder)
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'hex'));
    const again = { dataFolder, keyFile: join(base, 'other.key') };
    await expect(initialiseInstallation(again)).rejects.toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_EXISTS' }),
    );
    expect(
      filesBelow(dataFolder)
        .filter((path) => statSync(path).isFile())
        .map((path) => readFileSync(path, 'hex')),
    ).toEqual(before);
    const foreign = join(base, 'photos');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'cat.jpg'), '');
    await expect(initialiseInstallation({ ...again, dataFolder: foreign })).rejects.toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_NOT_EMPTY' }),
    );
    expect(existsSync(join(base, 'other.key'))).toBe(false);
    expect(readdirSync(foreign)).toEqual(['cat.jpg']);
  });

  test('does not open with the key of another one, nor after a sealed key was exchanged', async () => {
    await initialiseInstallation({ dataFolder, keyFile });
    const otherKey = join(base, 'other.key');
    await initialiseInstallation({ dataFolder: join(base, 'other'), keyFile: otherKey });
    await expect(openInstallation(dataFolder, { keyFile: otherKey })).rejects.toThrow(
      expect.objectContaining({ code: 'WRONG_KEY' }),
    );
    const folders = installationFolders(dataFolder);
    // The same master key sealed both: only the purpose tells them apart.
    writeFileSync(folders.serverKeyFile, readFileSync(folders.caKeyFile));
    await expect(openInstallation(dataFolder)).rejects.toThrow(
      expect.objectContaining({ code: 'SEALED_FILE_UNREADABLE' }),
    );
  });

  test('with a passphrase has no key file; environment, then option, bring the key', async () => {
    const env = { LEADGLASS_PASSPHRASE: 'five random words are good', HOME: base };
    const made = await initialiseInstallation({ dataFolder, env });
    expect(made.keyFile).toBeUndefined();
    expect(existsSync(join(base, '.config'))).toBe(false);
    expect((await openInstallation(dataFolder, { env })).id).toBe(made.installationID);
    await expect(openInstallation(dataFolder)).rejects.toThrow(
      expect.objectContaining({ code: 'PASSPHRASE_MISSING' }),
    );
    await expect(openInstallation(dataFolder, { passphrase: 'another five random words' })).rejects.toThrow(
      expect.objectContaining({ code: 'WRONG_KEY' }),
    );
  });

  test('gets a new certificate of its own near the end of the old one, or when its hosts change', async () => {
    await initialiseInstallation({ dataFolder, keyFile });
    const first = (await openInstallation(dataFolder)).serverCertPem;
    expect((await openInstallation(dataFolder)).serverCertPem).toBe(first);
    const later = await openInstallation(dataFolder, {}, { clock: () => Date.now() + 350 * 86_400_000 });
    expect(later.serverCertPem).not.toBe(first);
    const moved = await openInstallation(
      dataFolder,
      {},
      { overrides: { certificates: { serverHosts: ['new.example'] } } },
    );
    expect(new X509Certificate(moved.serverCertPem).checkHost('new.example')).toBeDefined();
  });

  test('a folder without one says how to make one', async () => {
    expect(isInstallation(dataFolder)).toBe(false);
    await expect(openInstallation(dataFolder)).rejects.toThrow(/leadglass init --data/);
  });
});
