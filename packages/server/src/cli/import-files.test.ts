import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import {
  DataSet,
  Tag,
  TransferSyntaxUID,
  transferSyntax,
  writeDataSet,
  writePart10Header,
} from '@leadglass/dicom';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesOf, type FoundFile } from './import-files.ts';

let base: string;
let medium: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'leadglass-medium-')));
  medium = join(base, 'medium');
  mkdirSync(medium);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function put(path: string, content = 'x'): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A DICOMDIR whose records refer to these File IDs (PS3.3 F.3.2.2); undefined: a record without one. */
function putDicomdir(fileIDs: readonly (readonly string[] | undefined)[], name = 'DICOMDIR'): string {
  const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);
  if (!syntax) throw new Error('not a transfer syntax');
  const directory = new DataSet();
  directory.set(
    Tag.DirectoryRecordSequence,
    fileIDs.map((parts) => {
      const record = new DataSet();
      record.set(Tag.DirectoryRecordType, 'IMAGE');
      if (parts) record.set(Tag.ReferencedFileID, [...parts]);
      return record;
    }),
  );
  const header = writePart10Header({
    sopClassUID: '1.2.840.10008.1.3.10',
    sopInstanceUID: '1.2.3',
    transferSyntaxUID: TransferSyntaxUID.ExplicitVRLittleEndian,
    implementationClassUID: '1.2.3',
  });
  const path = join(medium, name);
  writeFileSync(path, Buffer.concat([header, writeDataSet(directory, syntax)]));
  return path;
}

async function found(...paths: string[]): Promise<FoundFile[]> {
  const all: FoundFile[] = [];
  for await (const file of filesOf(paths)) all.push(file);
  return all;
}

const pathsOf = (files: readonly FoundFile[]): string[] => files.map(({ path }) => path);
const missingOf = (files: readonly FoundFile[]): (string | undefined)[] =>
  files.map(({ missing }) => missing);

describe('a DICOMDIR', () => {
  test('stands for the files it refers to, in its order and each once', async () => {
    const a = put(join(medium, 'IMAGES', 'A0001'));
    const b = put(join(medium, 'IMAGES', 'A0002'));
    put(join(medium, 'IMAGES', 'NOT_LISTED'));
    const directory = putDicomdir([['IMAGES', 'A0002'], undefined, ['IMAGES', 'A0001'], ['IMAGES', 'A0002']]);
    expect(await found(directory)).toEqual([{ path: b }, { path: a }]);
  });

  test('in lower case, with dots and version numbers as ISO 9660 shows them, finds them still', async () => {
    const names = ['images/a0001', 'images/A0002.', 'images/a0003.;1', 'images/a0004;1'];
    const files = names.map((name) => put(join(medium, name)));
    const ids = ['A0001', 'A0002', 'A0003', 'A0004'].map((id) => ['IMAGES', id]);
    expect(pathsOf(await found(putDicomdir(ids, 'dicomdir')))).toEqual(files);
  });

  test('takes the exact name before another in different case', async () => {
    put(join(medium, 'a1'));
    const exact = put(join(medium, 'A1'));
    expect(pathsOf(await found(putDicomdir([['A1']])))).toEqual([exact]);
    put(join(medium, 'B.1'));
    expect(missingOf(await found(putDicomdir([['B']])))).toEqual(['B']);
  });

  test.each([
    [
      'that go up',
      [
        ['..', 'secret'],
        ['IMAGES', '..', '..', 'secret'],
        ['.', '..', 'secret'],
      ],
    ],
    ['that are absolute', [['/', 'secret'], ['/etc/passwd'], ['', '/etc', 'passwd']]],
    ['with separators inside', [['../secret'], ['IMAGES/../../secret'], ['..\\secret'], ['a\0b']]],
    ['that name the folder itself', [['.'], ['IMAGES']]],
  ])('with File IDs %s reads nothing outside of its folder, and says so', async (_title, ids) => {
    put(join(base, 'secret'));
    put(join(medium, 'IMAGES', 'A0001'));
    const directory = putDicomdir(ids);
    const files = await found(directory);
    expect(files.length).toBe(ids.length);
    for (const file of files)
      expect(file).toEqual({ path: directory, missing: expect.any(String) as string });
  });

  test('does not follow links that lead out of its folder, or nowhere; others it does', async () => {
    const secret = put(join(base, 'secret'));
    mkdirSync(join(base, 'elsewhere'));
    put(join(base, 'elsewhere', 'A1'));
    put(join(base, 'medium-too', 'A1'));
    const inside = put(join(medium, 'IMAGES', 'A1'));
    symlinkSync(secret, join(medium, 'LINK'));
    symlinkSync(join(base, 'elsewhere'), join(medium, 'FOLDER'));
    symlinkSync(join(base, 'medium-too'), join(medium, 'SIBLING'));
    symlinkSync(join(base, 'nowhere'), join(medium, 'DANGLING'));
    symlinkSync(join(medium, 'IMAGES', 'A1'), join(medium, 'WITHIN'));
    const ids = [['LINK'], ['FOLDER', 'A1'], ['SIBLING', 'A1'], ['DANGLING'], ['WITHIN']];
    const files = await found(putDicomdir(ids));
    expect(missingOf(files)).toEqual(['LINK', 'FOLDER/A1', 'SIBLING/A1', 'DANGLING', undefined]);
    expect(files.at(-1)?.path).toBe(inside);
  });

  test('does not wait for a pipe that lies where an image should', async () => {
    const made = spawnSync('mkfifo', [join(medium, 'PIPE')]).status === 0;
    expect(made || process.platform === 'win32').toBe(true);
    expect(missingOf(await found(putDicomdir([['PIPE']])))).toEqual(['PIPE']);
  });

  test('that promises files that are not there says which', async () => {
    put(join(medium, 'A1'));
    expect(missingOf(await found(putDicomdir([['A1'], ['A2'], ['A1', 'X']])))).toEqual([
      undefined,
      'A2',
      'A1/X',
    ]);
  });

  test('that is none is an error, not an empty medium', async () => {
    await expect(found(put(join(medium, 'DICOMDIR'), 'nothing of the kind'))).rejects.toMatchObject({
      code: 'NOT_DICOM',
    });
  });
});

describe('a folder', () => {
  test('stands for all files below it, sorted, links left out', async () => {
    const files = ['a', 'b/c', 'b/d/e'].map((name) => put(join(medium, name)));
    const directory = putDicomdir([['A']]);
    symlinkSync(put(join(base, 'secret')), join(medium, 'link'));
    symlinkSync(base, join(medium, 'loop'));
    expect(pathsOf(await found(medium))).toEqual([directory, ...files]);
  });

  test('deeper than anybody nests is left out', async () => {
    const near = put(join(medium, ...Array<string>(10).fill('d'), 'near'));
    put(join(medium, ...Array<string>(80).fill('d'), 'far'));
    expect(pathsOf(await found(medium))).toEqual([near]);
  });
});

test('single files are what they are; a path that is not there is an error', async () => {
  const file = put(join(medium, 'x.dcm'));
  expect(await found(file, file)).toEqual([{ path: file }, { path: file }]);
  await expect(found(join(medium, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' });
});
