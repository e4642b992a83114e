import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { readPart10, readPart10Header, Tag } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationFolders } from '../../packages/server/src/config/installation.ts';
import { LEADGLASS, TestArchive, type TestDevice } from '../support/archive.ts';
import { demoFiles } from '../support/demo-files.ts';
import { freePort } from '../support/free-port.ts';
import { sha256 } from '../support/instances.ts';
import { dicomWebPluginMissing } from '../support/orthanc.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, runTool, titleOf, toolPath, type ToolResult } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';
import { createToken } from '../support/web-client.ts';

const DICOMWEB_PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const TIMEOUT_MS = 120_000;
/** Exit codes: all, nothing, in part. */
const [DONE, FAILED] = [0, 1];

/** A CT study of 65 instances in six series, and another patient's radiograph. */
const files = demoFiles(2);
const STUDY = files[0]?.instance.studyInstanceUID ?? '';
const ct = files.filter(({ instance }) => instance.studyInstanceUID === STUDY);
/** What the data sets of the study are, by SOPInstanceUID. */
const digests = new Map(ct.map(({ instance, file }) => [instance.sopInstanceUID, digestOf(file)]));

const scope = new Scope();
let source: string;

beforeAll(() => {
  source = scope.folder('source');
  mkdirSync(join(source, 'deep', 'er'), { recursive: true });
  files.forEach(({ file }, index) =>
    writeFileSync(join(source, index % 2 === 0 ? 'deep/er' : '', `IMG${index}`), file),
  );
  writeFileSync(join(source, 'README.txt'), 'no image');
});
afterAll(() => scope.close());

function digestOf(file: Uint8Array): string {
  const bytes = new Uint8Array(file);
  return sha256(bytes.subarray(readPart10Header(bytes).dataSetOffset));
}

/** Data sets in a folder by SOPInstanceUID; throws when a file is not whole. */
function digestsIn(folder: string): Map<string, string> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) =>
    name.endsWith('.dcm'),
  );
  return new Map(
    names.map((name) => {
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      const uid = readPart10(bytes).dataSet.string(Tag.SOPInstanceUID) ?? '';
      expect(name.endsWith(`${uid}.dcm`)).toBe(true);
      return [uid, digestOf(bytes)];
    }),
  );
}

interface Service {
  readonly url: string;
  readonly trust: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function leadglass(service: Service, args: readonly string[]): Promise<ToolResult> {
  return runTool(LEADGLASS, ['dicomweb', ...args, ...service.trust], {
    timeoutMs: TIMEOUT_MS,
    env: { LEADGLASS_TOKEN: '', ...service.env },
  });
}

/** The same, to be killed. */
function begun(service: Service, args: readonly string[]): ChildProcess {
  return scope.spawn(LEADGLASS, ['dicomweb', ...args, ...service.trust], {
    stdio: 'ignore',
    env: { ...process.env, LEADGLASS_TOKEN: '', ...service.env },
  });
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

interface GetResult {
  readonly there: number;
  readonly written: number;
  readonly failed: readonly unknown[];
}
interface PutResult {
  readonly stored: number;
  readonly there: number;
  readonly failed: number;
  readonly skipped: number;
}
const jsonOf = <T>({ stdout }: ToolResult): T => JSON.parse(stdout) as T;

/** Bytes from one side to the other, slower than they come; a connection may be cut after so many of them. */
class Narrows {
  readonly #port: number;
  slicePauseMs = 0;
  cutAfterBytes = Infinity;
  cuts = 0;
  /** Passed to the service, and back. */
  up = 0;
  down = 0;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(target: number): Promise<{ narrows: Narrows; port: number }> {
    const narrows = new Narrows(target);
    const server = createServer((socket) => narrows.#join(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.onClose(() => void server.close());
    return { narrows, port: (server.address() as AddressInfo).port };
  }

  #join(client: Socket): void {
    const service = connect(this.#port, '127.0.0.1');
    let passed = 0;
    const end = (): void => {
      client.destroy();
      service.destroy();
    };
    const pass = (from: Socket, to: Socket, count: (bytes: number) => void): void => {
      from.on('data', (bytes: Buffer) => {
        count(bytes.length);
        passed += bytes.length;
        if (passed > this.cutAfterBytes) {
          this.cuts++;
          end();
          return;
        }
        to.write(bytes);
        if (this.slicePauseMs === 0) return;
        from.pause();
        setTimeout(() => from.resume(), this.slicePauseMs);
      });
      from.on('error', end);
      from.on('close', end);
    };
    pass(client, service, (bytes) => (this.up += bytes));
    pass(service, client, (bytes) => (this.down += bytes));
  }
}

describe('leadglass dicomweb against Leadglass', () => {
  let archive: TestArchive;
  let device: TestDevice;
  let direct: Service;
  let narrow: Service;
  let narrows: Narrows;

  beforeAll(async () => {
    archive = await TestArchive.create(scope);
    device = await archive.addDevice('CLIENT', 'find,get');
    await archive.start();
    const env = { LEADGLASS_TOKEN: await createToken(archive, 'store,find,get') };
    const trust = ['--ca', installationFolders(archive.dataFolder).caCertFile];
    direct = { url: `https://localhost:${archive.httpsPort}/dicom-web`, trust, env };
    const started = await Narrows.start(archive.httpsPort);
    narrows = started.narrows;
    narrow = { url: `https://localhost:${started.port}/dicom-web`, trust, env };
  });

  test('put, killed amid: run again it sends only what was not acknowledged', async () => {
    narrows.slicePauseMs = 4;
    const child = begun(narrow, ['put', narrow.url, source]);
    // Some instances of the first batch are stored by then, because an archive stores each as it arrives.
    await waitFor('bytes on their way', () => (narrows.up > 3_000_000 ? true : undefined), TIMEOUT_MS);
    await killed(child);
    narrows.slicePauseMs = 0;
    const again = await leadglass(direct, ['put', direct.url, source, '--json']);
    expect(again).toMatchObject({ code: DONE });
    const { stored, there, failed, skipped } = jsonOf<PutResult>(again);
    expect({ sum: stored + there, failed, skipped }).toEqual({ sum: files.length, failed: 0, skipped: 1 });
    expect(there).toBeGreaterThan(0);
    expect(stored).toBeGreaterThan(0);
    const third = await leadglass(direct, ['put', direct.url, source, '--json']);
    expect(jsonOf<PutResult>(third)).toMatchObject({ stored: 0, there: files.length });
  });

  test('search: a table, JSON by POST, the series of a study', async () => {
    const table = await leadglass(direct, ['search', direct.url]);
    expect(table.code).toBe(DONE);
    expect(table.stdout).toContain(STUDY);
    expect(table.stdout.split('\n')[0]).toMatch(/^StudyDate +PatientName +PatientID/);
    const args = ['--level', 'series', '--match', `StudyInstanceUID=${STUDY}`, '--format', 'json', '--post'];
    const series = jsonOf<unknown[]>(await leadglass(direct, ['search', direct.url, ...args]));
    const own = new Set(
      ct.map(({ file }) => readPart10(new Uint8Array(file)).dataSet.string(Tag.SeriesInstanceUID)),
    );
    expect(series).toHaveLength(own.size);
    const limited = await leadglass(direct, ['search', direct.url, '--level', 'instance', '--limit', '10']);
    expect(limited.stdout.trim().split('\n')).toHaveLength(11);
  });

  test('get: every data set bit for bit, with a certificate as with a token', async () => {
    const folder = scope.folder('get');
    const got = await leadglass(direct, ['get', direct.url, '--study', STUDY, '-o', folder]);
    expect(got).toMatchObject({ code: DONE });
    expect(got.stdout).toMatch(new RegExp(`^wrote ${ct.length} files .*; 0 were there, 0 are missing\n$`));
    expect(digestsIn(folder)).toEqual(digests);
    const one = ct[0]?.instance;
    const asDevice = {
      ...direct,
      env: {},
      trust: [...direct.trust, '--cert', device.certFile, '--key', device.keyFile],
    };
    const single = scope.folder('get-one');
    const args = ['--study', STUDY, '--instance', one?.sopInstanceUID ?? '', '-o', single, '--json'];
    expect(await leadglass(asDevice, ['get', direct.url, ...args])).toMatchObject({ code: DONE });
    expect([...digestsIn(single)]).toEqual([[one?.sopInstanceUID, digests.get(one?.sopInstanceUID ?? '')]]);
  });

  test('get, killed amid: only whole files, and run again it goes on where it ended', async () => {
    const folder = scope.folder('get-killed');
    narrows.slicePauseMs = 4;
    const child = begun(narrow, ['get', narrow.url, '--study', STUDY, '-o', folder]);
    const some = await waitFor(
      'some files',
      () => {
        const { size } = digestsIn(folder);
        return size >= 3 ? size : undefined;
      },
      TIMEOUT_MS,
    );
    await killed(child);
    narrows.slicePauseMs = 0;
    const before = digestsIn(folder);
    expect(before.size).toBeGreaterThanOrEqual(some);
    expect(before.size).toBeLessThan(ct.length);
    const again = await leadglass(direct, ['get', direct.url, '--study', STUDY, '-o', folder, '--json']);
    expect(again).toMatchObject({ code: DONE });
    expect(jsonOf<GetResult>(again)).toMatchObject({
      there: before.size,
      written: ct.length - before.size,
      failed: [],
    });
    expect(digestsIn(folder)).toEqual(digests);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('connections that are cut again and again are taken up again in one run', async () => {
    const folder = scope.folder('get-cut');
    narrows.cutAfterBytes = 6_000_000;
    narrows.cuts = 0;
    const got = await leadglass(narrow, ['get', narrow.url, '--study', STUDY, '-o', folder, '--json']);
    narrows.cutAfterBytes = Infinity;
    expect(got).toMatchObject({ code: DONE });
    expect(narrows.cuts).toBeGreaterThan(0);
    expect(digestsIn(folder)).toEqual(digests);
  });

  test('without a token, with one that grants too little, without trust: one line that says what to do', async () => {
    const out = ['--study', STUDY, '-o', scope.folder('none')];
    const stranger = await leadglass({ ...direct, env: {} }, ['get', direct.url, ...out]);
    expect(stranger).toMatchObject({ code: FAILED, stdout: '' });
    expect(stranger.stderr).toMatch(/NOT_SIGNED_IN.*--token-file/);
    const untrusted = await leadglass({ ...direct, trust: [] }, ['search', direct.url]);
    expect(untrusted).toMatchObject({ code: FAILED, stdout: '' });
    expect(untrusted.stderr).toMatch(/CERTIFICATE_REFUSED.*--ca/);
    const storeOnly = { ...direct, env: { LEADGLASS_TOKEN: await createToken(archive, 'store') } };
    const refused = await leadglass(storeOnly, ['search', direct.url]);
    expect(refused.stderr).toContain('NOT_GRANTED');
    const put = await leadglass(storeOnly, ['put', direct.url, join(source, 'IMG1'), '--json']);
    expect(put).toMatchObject({ code: DONE });
    expect(put.stderr).toContain('all was sent');
    const absent = await leadglass(direct, [
      'get',
      direct.url,
      '--study',
      '2.25.404',
      '-o',
      scope.folder('x'),
    ]);
    expect(absent.stderr).toContain('NOT_FOUND');
  });

  test('what the archive refuses is said file by file, and the others are stored', async () => {
    const folder = scope.folder('refused');
    const first = Buffer.from(ct[0]?.file ?? []);
    // The last byte is one of Pixel Data: another data set under a UID that is taken.
    first[first.length - 1] = (first[first.length - 1] ?? 0) ^ 0xff;
    writeFileSync(join(folder, 'changed.dcm'), first);
    writeFileSync(join(folder, 'same.dcm'), ct[1]?.file ?? '');
    const put = await leadglass(direct, ['put', direct.url, folder, '--resend']);
    expect(put.code).toBe(2);
    expect(put.stdout).toMatch(/stored 1 .*refused 1/);
    expect(put.stdout).toMatch(/changed\.dcm: another data set is held under the same SOPInstanceUID/);
  });
});

const reason = missingTools('Orthanc') ?? dicomWebPluginMissing;

describe.skipIf(reason !== undefined)(
  titleOf("leadglass dicomweb against Orthanc's DICOMweb plugin", reason),
  () => {
    let service: Service;

    beforeAll(async () => {
      if (reason !== undefined) return;
      const folder = scope.folder('orthanc');
      const port = await freePort();
      const file = join(folder, 'orthanc.json');
      const settings = {
        StorageDirectory: join(folder, 'storage'),
        IndexDirectory: join(folder, 'storage'),
        Plugins: [DICOMWEB_PLUGIN],
        HttpPort: port,
        RemoteAccessAllowed: false,
        AuthenticationEnabled: false,
        DicomServerEnabled: false,
        DicomWeb: { Enable: true, Root: '/dicom-web/' },
      };
      writeFileSync(file, JSON.stringify(settings));
      scope.spawn(toolPath('Orthanc') ?? 'Orthanc', [file], { stdio: 'ignore' });
      service = { url: `http://127.0.0.1:${port}/dicom-web`, trust: [], env: {} };
      const answers = async (): Promise<true | undefined> =>
        (await fetch(`http://127.0.0.1:${port}/system`).catch(() => undefined))?.ok === true
          ? true
          : undefined;
      await waitFor('Orthanc', answers, TIMEOUT_MS);
    });

    test('put, and put again', async () => {
      const first = await leadglass(service, ['put', service.url, source, '--json']);
      expect(first).toMatchObject({ code: DONE });
      expect(jsonOf<PutResult>(first)).toMatchObject({ stored: files.length, skipped: 1 });
      const second = await leadglass(service, ['put', service.url, source, '--json']);
      expect(jsonOf<PutResult>(second)).toMatchObject({ stored: 0, there: files.length });
    });

    test('search', async () => {
      const args = ['--match', 'PatientID=DEMO-0001', '--format', 'json', '--include', 'StudyDescription'];
      const studies = jsonOf<Record<string, { Value?: unknown }>[]>(
        await leadglass(service, ['search', service.url, ...args]),
      );
      expect(studies.map((study) => study['0020000D']?.Value)).toEqual([[STUDY]]);
      const csv = await leadglass(service, ['search', service.url, '--level', 'instance', '--format', 'csv']);
      expect(csv.stdout.trim().split('\r\n')).toHaveLength(Math.min(100, files.length) + 1);
    });

    test('get: every data set bit for bit, and only what is missing the second time', async () => {
      const folder = scope.folder('get-orthanc');
      const args = ['get', service.url, '--study', STUDY, '-o', folder, '--json'];
      expect(jsonOf<GetResult>(await leadglass(service, args))).toMatchObject({
        written: ct.length,
        failed: [],
      });
      expect(digestsIn(folder)).toEqual(digests);
      const again = await leadglass(service, args);
      expect(jsonOf<GetResult>(again)).toMatchObject({ written: 0, there: ct.length });
    });
  },
);
