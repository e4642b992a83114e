import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataSet, Tag } from '@leadglass/dicom';
import { scanReportSchema } from '../findings/index.ts';
import { auditFiles } from './audit-files.ts';
import { registerFilesCommand } from './command.ts';
import { reportOf } from './files-result.ts';
import { buildFile, changed, withFolder } from './testing/build-file.ts';
import { isoOf } from './testing/iso-writer.ts';
import { zipOf } from './testing/zip-writer.ts';

const clean = buildFile();
const hostile = buildFile({ preamble: 'MZ' });
const context = { toolVersion: '0', operator: 'test' };

async function tallyOf(folder: string, options: Partial<Parameters<typeof auditFiles>[0]> = {}) {
  const { roots } = await auditFiles({ paths: [folder], ...options });
  const [root] = roots;
  if (root === undefined) throw new Error('no root');
  return root.tally;
}

/** Runs the command as a program would; what it prints, and its exit code. */
async function command(arguments_: readonly string[]): Promise<{ out: string; error: string; code: number }> {
  let out = '';
  let error = '';
  let code = -1;
  const program = new Command();
  registerFilesCommand(program, {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (error += text) },
    environment: {},
    toolVersion: '0',
    // A scan's own: cli/files-report-flags.test.ts has them.
    reportFlags: {
      addTo: (command) => command,
      given: () => [],
      read: () => Promise.reject(new Error('no report was asked for')),
    },
    setExitCode: (given) => {
      code = given;
    },
  });
  await program.parseAsync(['files', ...arguments_, '--clamd', 'off'], { from: 'user' });
  return { out, error, code };
}

describe('auditFiles', () => {
  test('clean files are protected, and the report is one that all printers take', async () => {
    await withFolder({ a: clean, 'b.txt': Buffer.from('a letter') }, async (folder) => {
      const result = await auditFiles({ paths: [folder] });
      expect(result.complete).toBe(true);
      expect(result.findings.map(({ check, outcome }) => [check, outcome])).toEqual(
        Array.from({ length: 11 }, (_, index) => [`P${String(index + 1).padStart(2, '0')}`, 'protected']),
      );
      expect(scanReportSchema.parse(reportOf(result, context)).systems[0]?.counts.files?.value).toBe(1);
    });
  });

  test('a folder without DICOM is not applicable; a path that is not there is an error', async () => {
    await withFolder({ a: Buffer.from('x') }, async (folder) => {
      const { findings } = await auditFiles({ paths: [folder, join(folder, 'nothing')] });
      expect(new Set(findings.slice(0, 11).map((one) => one.outcome))).toEqual(new Set(['notApplicable']));
      expect(findings[11]).toMatchObject({
        outcome: 'error',
        reason: 'ENOENT: the path could not be read to its end',
      });
    });
  });

  test('a file that cannot be read to its end makes what is not found inconclusive', async () => {
    await withFolder({ a: clean, b: clean.subarray(0, 500) }, async (folder) => {
      const { findings } = await auditFiles({ paths: [folder] });
      expect(findings[0]).toMatchObject({ check: 'P01', outcome: 'inconclusive' });
    });
  });

  test('links and special files are left out; names of any bytes are read', async () => {
    await withFolder({ real: hostile }, async (folder) => {
      await symlink('/', join(folder, 'link'));
      await symlink(join(folder, 'real'), join(folder, 'link-to-file'));
      await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
      const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x0a, 0x1b, 0x5b, 0x41])]);
      await writeFile(odd, hostile);
      const tally = await tallyOf(folder, { showPaths: true });
      expect(tally.problems).toEqual({ SYMBOLIC_LINK: 2, SPECIAL_FILE: 1 });
      expect(tally.exposedFiles).toEqual({ P01: 2 });
      for (const { path } of tally.flagged) expect(path).not.toMatch(/\p{C}/u);
    });
  });

  test('folders below folders are walked in order, and numbered', async () => {
    await withFolder({ b: clean, z: hostile }, async (folder) => {
      await mkdir(join(folder, 'a'));
      await writeFile(join(folder, 'a', 'x'), hostile);
      const tally = await tallyOf(folder);
      expect(tally.flagged.map((file) => file.ordinal).sort()).toEqual([2, 3]);
    });
  });

  test('members of archives and images are looked at', async () => {
    const zip = zipOf([
      { name: 'one', bytes: clean },
      { name: 'folder/two', bytes: hostile },
      { name: 'inner.zip', bytes: zipOf([{ name: 'three', bytes: hostile }]) },
    ]);
    const iso = isoOf({ DICOMDIR: clean }, { IM1: hostile, 'A.ZIP': zip });
    await withFolder({ 'a.zip': zip, 'b.iso': iso }, async (folder) => {
      const tally = await tallyOf(folder);
      expect(tally.kinds).toMatchObject({ iso9660: 1, zip: 4 });
      expect(tally.exposedFiles.P01).toBe(4);
      expect(tally.problems).toEqual({ NESTED_TOO_DEEP: 1 });
    });
  });

  test('archives that are bombs or lead out of the folder', async () => {
    const zeros = new Uint8Array(80 * 1024 * 1024);
    const bomb = zipOf([{ name: '../../bomb', bytes: zeros }]);
    const liar = zipOf([
      { name: 'liar', bytes: buildFile({ trailing: new Uint8Array(300_000) }), claimedBytes: 10 },
    ]);
    const garbage = new Uint8Array(Buffer.from(`PK\x03\x04${'x'.repeat(500)}`));
    await withFolder({ bomb, liar, garbage }, async (folder) => {
      const tally = await tallyOf(folder);
      expect(tally.notes.P06).toMatchObject({ 'path-in-archive': { files: 1 } });
      expect(tally.notes.P07).toMatchObject({ 'archive-ratio': { files: 1 } });
      expect(tally.problems).toMatchObject({ RATIO: 1, ARCHIVE_INVALID: 2 });
    });
  });

  test('an interrupted run says so', async () => {
    await withFolder({ a: clean }, async (folder) => {
      const { complete } = await auditFiles({ paths: [folder], signal: AbortSignal.abort() });
      expect(complete).toBe(false);
    });
  });
});

describe('no patient data in any output', () => {
  const canary = fc.stringMatching(/^[A-Z][a-z]{8,14}$/).map((name) => `Zq${name}`);

  /** The name in every place a file has. */
  function planted(name: string): Uint8Array {
    const item = new DataSet();
    item.set(Tag.PatientName, `${name}^Item`);
    return buildFile({
      preamble: `MZ ${name}`,
      dataSet: changed((dataSet) => {
        dataSet.set(Tag.PatientName, `${name}^Given`);
        dataSet.set(Tag.PatientID, `${name}12345`);
        dataSet.set(Tag.PatientAddress, name);
        dataSet.set(Tag.ImageComments, `<script>${name}</script> Mrs. ${name} '; DROP TABLE x %s%s%s`, 'LT');
        dataSet.set(Tag.SOPInstanceUID, new Uint8Array(Buffer.from(`../../${name.padEnd(20)}`)));
        dataSet.set(Tag.OtherPatientIDsSequence, [item]);
        dataSet.set(0x00290010, name, 'LO');
        dataSet.set(0x00291001, new Uint8Array(Buffer.from(`#!/bin/${name.padEnd(21)}`)), 'OB');
        dataSet.set(0x60001500, name, 'LO');
        dataSet.set(
          Tag.EncapsulatedDocument,
          new Uint8Array(Buffer.from(`<script>${name.padEnd(20)}`)),
          'OB',
        );
      }),
      trailing: new Uint8Array(Buffer.from(`PK\x03\x04${name}`)),
    });
  }

  test('names planted everywhere, in values and in paths, are in no output', async () => {
    await fc.assert(
      fc.asyncProperty(canary, async (name) => {
        const bytes = planted(name);
        const files = {
          [`${name}.dcm`]: bytes,
          [`${name}.zip`]: zipOf([{ name: `${name}/${name}`, bytes }]),
          [`${name}.iso`]: isoOf({ [name.toUpperCase()]: bytes }),
          [`${name}.cut`]: bytes.subarray(0, 600),
          [`${name}.bad`]: new Uint8Array(Buffer.from(`PK\x03\x04 ${name}`)),
        };
        await withFolder(files, async (folder) => {
          const printed = await command([folder]);
          const json = await command([folder, join(folder, `${name}-is-not-there`), '--json']);
          expect(printed.code).toBe(1);
          const all = (printed.out + printed.error + json.out + json.error).toLowerCase();
          expect(all).toContain('p09 exposed');
          expect(all.includes(name.toLowerCase())).toBe(false);
        });
      }),
      { numRuns: 5 },
    );
  });

  test('paths are printed only when asked for; a report file is not overwritten and is its owner’s', async () => {
    await withFolder({ 'DOE^JANE.dcm': hostile }, async (folder) => {
      expect((await command([folder])).out).not.toContain('DOE');
      expect((await command([folder, '--show-paths'])).out).toContain('DOE^JANE.dcm');
      const report = join(folder, 'report.json');
      expect((await command([folder, '--out', report])).code).toBe(1);
      expect(await command([folder, '--out', report])).toMatchObject({ code: 2 });
    });
  });
});

describe('clamd', () => {
  test('what it finds is counted; it gets the whole file', async () => {
    let received = 0;
    const server = createSocketServer((socket) => {
      let bytes = Buffer.alloc(0);
      socket.on('data', (piece) => {
        bytes = Buffer.concat([bytes, Buffer.from(piece)]);
        if (bytes.length > 14 && bytes.subarray(-4).equals(Buffer.alloc(4))) {
          received = Math.max(received, bytes.length);
          socket.end('stream: Test-Signature FOUND\0');
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // The last four bytes must not look like the end before it comes.
    const file = buildFile({ trailing: new Uint8Array([1, 2, 3, 4]) });
    await withFolder({ a: file }, async (folder) => {
      const tally = await tallyOf(folder, { clamd: { host: '127.0.0.1', port } });
      expect(tally.notes.P05).toMatchObject({ 'clamd-found': { exposes: true, files: 1 } });
      expect(received).toBeGreaterThanOrEqual(file.length);
    });
    await new Promise((resolve) => server.close(resolve));
    await withFolder({ a: clean }, async (folder) => {
      const tally = await tallyOf(folder, { clamd: { host: '127.0.0.1', port } });
      expect(tally.notes.P05).toMatchObject({ 'clamd-failed': { exposes: false, files: 1 } });
    });
  });
});

describe('S3 buckets', () => {
  test('are listed page by page and read by ranges; nothing else is asked', async () => {
    const objects = new Map<string, Uint8Array>([
      ['in/a b+c.dcm', hostile],
      ['in/clean', clean],
      [
        'in/long',
        buildFile({ dataSet: changed((one) => one.set(Tag.PixelData, new Uint8Array(500_000), 'OW')) }),
      ],
    ]);
    const asked: string[] = [];
    let sent = 0;
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      asked.push(request.method ?? '');
      if (url.searchParams.has('list-type')) {
        const keys = [...objects.keys()].sort();
        const second = url.searchParams.get('continuation-token') === 'next&';
        const page = second ? keys.slice(1) : keys.slice(0, 1);
        const contents = page.map(
          (key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size></Contents>`,
        );
        const more = second ? '' : '<NextContinuationToken>next&amp;</NextContinuationToken>';
        response.end(
          `<ListBucketResult><IsTruncated>${!second}</IsTruncated>${contents.join('')}${more}</ListBucketResult>`,
        );
        return;
      }
      const bytes = objects.get(decodeURIComponent(url.pathname).replace('/bucket/', ''));
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      const piece = bytes?.subarray(Number(from), Number(to) + 1);
      sent += piece?.length ?? 0;
      response.writeHead(piece === undefined ? 404 : 206).end(piece);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { roots } = await auditFiles({
      paths: ['s3://bucket/in/'],
      s3Endpoint: `http://127.0.0.1:${port}`,
      s3Environment: { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(roots[0]?.failure).toBeUndefined();
    expect(roots[0]?.tally).toMatchObject({
      files: 3,
      kinds: { dicom: 3 },
      exposedFiles: { P01: 1 },
      problems: {},
    });
    expect(new Set(asked)).toEqual(new Set(['GET']));
    expect(sent).toBeLessThan(200_000);
  });

  test.each([
    ['s3://bucket', {}, 'AWS_ACCESS_KEY_ID'],
    ['s3://..', { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, 's3://BUCKET'],
    [
      's3://bucket',
      { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: 'http://example.org' },
      'https://',
    ],
  ])('are refused without credentials or TLS: %s', async (path, s3Environment, message) => {
    await expect(auditFiles({ paths: [path], s3Environment })).rejects.toThrow(message);
  });
});
