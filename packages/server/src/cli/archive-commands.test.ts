import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  DataSet,
  readPart10,
  Tag,
  transferSyntax,
  TransferSyntaxUID,
  writeDataSet,
  writePart10Header,
} from '@leadglass/dicom';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { instanceOf, instanceUID, studyUID, type TestInstance } from '../archive/testing/instances.ts';
import type { RunningServer, Wiring } from './archive-access.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { buildProgram } from './program.ts';
import { CommandBench, type Outputs, putInstance, wiring } from './testing/command-bench.ts';
import { rebuildIndexCommand, verifyCommand } from './verify.ts';

const bench = new CommandBench();
const { base, keyFile } = bench;

beforeAll(() => bench.prepare());
afterEach(() => bench.forgetIndexes());
afterAll(() => bench.remove());

const newData = (): string => bench.newData();
const outputs = (): Outputs => bench.outputs();
const medium = (instances: readonly TestInstance[]): string => bench.medium(instances);

const three = [1, 2, 3].map((number) => instanceOf({ number, pixelBytes: 30_000 }));

async function importJson(
  data: string,
  ...paths: string[]
): Promise<{ code: number; report: Record<string, unknown> }> {
  const { context, out } = outputs();
  const code = await importCommand(paths, { data, keyFile, json: true }, context, wiring);
  return { code, report: JSON.parse(out()) as Record<string, unknown> };
}

describe('leadglass import', () => {
  test('exits 0 when all is held, the second time too, and says what happened', async () => {
    const data = newData();
    const folder = medium(three);
    writeFileSync(join(folder, 'readme.txt'), 'no DICOM at all');
    expect(await importJson(data, folder)).toMatchObject({
      code: 0,
      report: { stored: 3, identical: 0, conflict: 0, refused: 0, skipped: 1 },
    });
    const { context, out } = outputs();
    expect(await importCommand([folder], { data, keyFile }, context, wiring)).toBe(0);
    expect(out()).toBe('stored 0, held already 3, in quarantine 0, refused 0, no DICOM 1\n');
  });

  test('exits 1 when something was refused or is in conflict, and names each file and reason', async () => {
    const data = newData();
    await importJson(data, medium(three));
    const folder = medium([instanceOf({ number: 1, seed: 7 }), instanceOf({ number: 4 })]);
    writeFileSync(
      join(folder, 'cut.dcm'),
      readFileSync(putInstance(folder, instanceOf({ number: 5 }))).subarray(0, -9),
    );
    writeFileSync(join(folder, 'empty'), '');
    const { code, report } = await importJson(data, folder);
    expect(code).toBe(1);
    expect(report).toMatchObject({ stored: 2, identical: 0, conflict: 1, refused: 1, skipped: 1 });
    const reasons = (report['refusals'] as { path: string; reason: string }[]).map(({ path, reason }) => [
      path.slice(folder.length + 1),
      reason,
    ]);
    expect(reasons.sort()).toEqual([
      [`${instanceUID(1, 1, 1)}.dcm`, 'DIFFERENT_UNDER_SAME_UID'],
      ['cut.dcm', 'DATA_CUT_SHORT'],
      ['empty', 'NOT_DICOM'],
    ]);
  });

  test('exits 1 when a DICOMDIR refers to what is not there', async () => {
    const data = newData();
    const folder = medium([]);
    mkdirSync(folder, { recursive: true });
    const record = new DataSet();
    record.set(Tag.ReferencedFileID, ['IMAGES', 'A1']);
    const directory = new DataSet();
    directory.set(Tag.DirectoryRecordSequence, [record]);
    const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);
    if (!syntax) throw new Error('not a transfer syntax');
    const header = writePart10Header({
      ...instanceOf().source,
      sopClassUID: '1.2.840.10008.1.3.10',
      implementationClassUID: '1.2.3',
    });
    writeFileSync(join(folder, 'DICOMDIR'), Buffer.concat([header, writeDataSet(directory, syntax)]));
    const { code, report } = await importJson(data, join(folder, 'DICOMDIR'));
    expect(code).toBe(1);
    expect(report).toMatchObject({
      stored: 0,
      refused: 1,
      refusals: [{ reason: 'REFERENCED_FILE_MISSING' }],
    });
    // Found in a folder it is no image, and nothing to complain of.
    expect(await importJson(data, folder)).toMatchObject({ code: 0, report: { skipped: 1 } });
  });

  test('shows file names without what would steer a terminal', async () => {
    const data = newData();
    const folder = medium([]);
    putInstance(folder, instanceOf(), 'a.dcm');
    putInstance(folder, instanceOf({ seed: 2 }), 'b\u001b[2Jb\r.dcm');
    const { context, out } = outputs();
    expect(await importCommand([folder], { data, keyFile }, context, wiring)).toBe(1);
    expect(out()).toContain('.dcm: DIFFERENT_UNDER_SAME_UID');
    for (const char of out().replaceAll('\n', '')) expect(char.codePointAt(0)).toBeGreaterThan(31);
  });

  test('of a path that is not there exits 1 and touches nothing', async () => {
    const data = newData();
    let code: number | undefined;
    const { context, err } = outputs();
    const args = ['import', join(base, 'absent'), '--data', data, '--key-file', keyFile];
    const program = await buildProgram(args, { ...context, setExitCode: (value) => (code = value) }, wiring);
    await program.exitOverride().parseAsync(args, { from: 'user' });
    expect(code).toBe(1);
    expect(err()).toContain('ENOENT');
    expect(readdirSync(join(data, 'packs'))).toEqual([]);
  });
});

describe('leadglass export', () => {
  test('writes what was imported, data sets bit for bit, and never over a file', async () => {
    const data = newData();
    await importJson(data, medium(three));
    const out = bench.newFolder('out');
    const first = outputs();
    const options = { data, keyFile, study: studyUID(1), out, json: true };
    expect(await exportCommand(options, first.context, wiring)).toBe(0);
    expect(JSON.parse(first.out())).toEqual({ written: 3, failed: 0, folder: out });
    for (const { source, dataSet } of three) {
      const file = join(out, `${studyUID(1)}.1`, `${source.sopInstanceUID}.dcm`);
      const bytes = readFileSync(file);
      const { header } = readPart10(bytes);
      expect(header.transferSyntaxUID).toBe(source.transferSyntaxUID);
      expect(header.meta.string(Tag.MediaStorageSOPInstanceUID)).toBe(source.sopInstanceUID);
      expect(bytes.subarray(header.dataSetOffset).equals(dataSet)).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    const before = readFileSync(join(out, `${studyUID(1)}.1`, `${instanceUID(1, 1, 1)}.dcm`));
    await expect(exportCommand(options, outputs().context, wiring)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(join(out, `${studyUID(1)}.1`, `${instanceUID(1, 1, 1)}.dcm`)).equals(before)).toBe(
      true,
    );
  });

  test('of a study that is not held exits 1 and makes no folder', async () => {
    const data = newData();
    const out = bench.newFolder('out');
    await expect(
      exportCommand({ data, keyFile, study: '1.2.3', out }, outputs().context, wiring),
    ).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(existsSync(out)).toBe(false);
  });

  test('with an instance that is damaged on the disk writes the others, leaves no half file and exits 1', async () => {
    const data = newData();
    const large = [1, 2, 3].map((number) => instanceOf({ number, pixelBytes: 1_500_000, seed: number }));
    for (const instance of large) await importJson(data, medium([instance]));
    const pack = join(data, 'packs', '00000001.pack');
    const fd = openSync(pack, 'r+');
    writeSync(fd, Buffer.alloc(1000, 0xaa), 0, 1000, Math.floor(statSync(pack).size / 2));
    closeSync(fd);
    const out = bench.newFolder('out');
    const said = outputs();
    expect(
      await exportCommand({ data, keyFile, study: studyUID(1), out, json: true }, said.context, wiring),
    ).toBe(1);
    expect(JSON.parse(said.out())).toMatchObject({ written: 2, failed: 1 });
    const files = readdirSync(join(out, `${studyUID(1)}.1`));
    expect(files.length).toBe(2);
    for (const name of files) {
      const original = large.find(({ source }) => name === `${source.sopInstanceUID}.dcm`);
      const bytes = readFileSync(join(out, `${studyUID(1)}.1`, name));
      expect(
        bytes.subarray(readPart10(bytes).header.dataSetOffset).equals(original?.dataSet ?? Buffer.alloc(0)),
      ).toBe(true);
    }
    const verified = outputs();
    expect(await verifyCommand({ data, keyFile, json: true }, verified.context, wiring)).toBe(1);
    expect(JSON.parse(verified.out())).toMatchObject({ ok: false, damaged: [{ packID: 1 }] });
    const told = outputs();
    expect(await verifyCommand({ data, keyFile }, told.context, wiring)).toBe(1);
    expect(told.out()).toMatch(/DAMAGED 1\.2\.826\.0\.1\.1\.1\.\d .*restore it from a backup/);
    // Brought again it takes the place of the damaged one, and nothing is lost any more.
    await importJson(data, medium(large));
    const healed = outputs();
    expect(await verifyCommand({ data, keyFile }, healed.context, wiring)).toBe(0);
    expect(healed.out()).toMatch(/^3 instances .*\neverything that is held is as it was stored\n/);
    expect(healed.out()).toMatch(/damaged, replaced since: 1\.2\.826\.0\.1\.1\.1\.\d .*nothing is lost/);
    expect(healed.out()).not.toMatch(/DAMAGED|NOT READABLE/);
  });
});

describe('leadglass verify and rebuild-index', () => {
  test('exit 0 when everything is as it was stored', async () => {
    const data = newData();
    await importJson(data, medium(three));
    const verified = outputs();
    expect(await verifyCommand({ data, keyFile }, verified.context, wiring)).toBe(0);
    expect(verified.out()).toMatch(/^3 instances in 1 packs, .*\neverything is as it was stored\n$/);
    const rebuilt = outputs();
    expect(await rebuildIndexCommand({ data, keyFile, json: true }, rebuilt.context, wiring)).toBe(0);
    expect(JSON.parse(rebuilt.out())).toEqual({ instances: 3, incomplete: 0, damage: 0 });
    expect(await verifyCommand({ data, keyFile }, outputs().context, wiring)).toBe(0);
  });
});

const serve = (data: string, by?: Wiring) => bench.serve(data, by);

describe('leadglass serve', () => {
  test('prints one line when it answers, serves commands meanwhile, and ends in order when told to', async () => {
    const data = newData();
    const server = await serve(data);
    expect(server.out()).toMatch(/^ready https=(127\.0\.0\.1|\[::1\]|localhost):\d+ dicom-tls=\S+:\d+\n$/);
    expect(statSync(join(data, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(await importJson(data, medium(three))).toMatchObject({ code: 0, report: { stored: 3 } });
    expect(await verifyCommand({ data, keyFile }, outputs().context, wiring)).toBe(0);
    const out = bench.newFolder('out');
    expect(await exportCommand({ data, keyFile, study: studyUID(1), out }, outputs().context, wiring)).toBe(
      0,
    );
    expect(readdirSync(join(out, `${studyUID(1)}.1`)).length).toBe(3);
    server.stop();
    expect(await server.ended()).toBe(0);
    expect(existsSync(join(data, 'control.sock'))).toBe(false);
    // What it stored is there for whoever opens the folder next.
    const verified = outputs();
    expect(await verifyCommand({ data, keyFile, json: true }, verified.context, wiring)).toBe(0);
    expect(JSON.parse(verified.out())).toMatchObject({ instances: 3 });
  });

  test('ends in order when it is told to by whoever just read that it is ready', async () => {
    const server = await bench.serve(newData(), wiring, (stopNow) => stopNow());
    expect(await server.ended()).toBe(0);
  });

  test('twice on one data folder: the second is refused, and so is rebuild-index; the first goes on', async () => {
    const data = newData();
    const server = await serve(data);
    await expect(serve(data)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
    await expect(rebuildIndexCommand({ data, keyFile }, outputs().context, wiring)).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
    });
    expect(await importJson(data, medium(three))).toMatchObject({ report: { stored: 3 } });
    server.stop();
    expect(await server.ended()).toBe(0);
  });

  test('that can store nothing any more closes its doors and exits 1', async () => {
    const data = newData();
    let fail: ((error: Error) => void) | undefined;
    let closed = 0;
    const failing: Wiring = {
      ...wiring,
      startServer: (_installation, options) => {
        fail = options.onFatal;
        return Promise.resolve({
          httpsPort: 1,
          dicomTLSPort: 2,
          dicomPlainPort: undefined,
          close: () => {
            closed++;
            return Promise.reject(new Error('its disk is gone'));
          },
        } as unknown as RunningServer);
      },
    };
    const server = await serve(data, failing);
    fail?.(new Error('Doe^Jane'));
    expect(await server.ended()).toBe(1);
    expect(closed).toBe(1);
    expect(server.err()).not.toContain('Doe');
  });
});
