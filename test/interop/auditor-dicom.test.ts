import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';
import { type AuditRun, runAudit } from '../auditor/audit.ts';
import { TestArchive } from '../support/archive.ts';
import { answers } from '../support/dcmtk.ts';
import { freePort } from '../support/free-port.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf, toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';

const scope = new Scope();
afterAll(() => scope.close());

const START_TIMEOUT_MS = 60_000;
const RUN_TIMEOUT_MS = 300_000;

/** Audits ports of 127.0.0.1 that products listen on. Protocols tell TLS from clear, as the operator would. */
function audit(
  ports: readonly number[],
  protocols: Readonly<Record<number, string>> = {},
): Promise<AuditRun> {
  return runAudit(scope, {
    ranges: [{ cidr: '127.0.0.1/32' }],
    ports,
    protocols,
    optIns: ['counting', 'default-logins'],
  });
}

/** Ids of the checks with this outcome on a port. */
function idsOf({ report }: AuditRun, port: number, outcome = 'exposed'): string[] {
  return report.findings
    .filter((one) => one.port === port && one.outcome === outcome)
    .map(({ check }) => check);
}

async function startTool(command: string, args: readonly string[], port: number): Promise<void> {
  const child = scope.spawn(toolPath(command) ?? command, args, { stdio: 'ignore' });
  await waitFor(
    command,
    () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
      return answers(port);
    },
    START_TIMEOUT_MS,
  );
}

async function startOrthanc(
  settings: Readonly<Record<string, unknown>>,
): Promise<{ dicom: number; web: number }> {
  const folder = scope.folder('orthanc');
  const dicom = await freePort();
  const web = await freePort();
  const file = join(folder, 'orthanc.json');
  const base = {
    Name: 'Audited',
    StorageDirectory: join(folder, 'storage'),
    IndexDirectory: join(folder, 'storage'),
    Plugins: [],
    DicomPort: dicom,
    HttpPort: web,
  };
  writeFileSync(file, JSON.stringify({ ...base, ...settings }));
  await startTool('Orthanc', [file], web);
  await waitFor('DICOM of Orthanc', () => answers(dicom), START_TIMEOUT_MS);
  return { dicom, web };
}

const noOrthanc = missingTools('Orthanc');
describe.skipIf(noOrthanc !== undefined)(
  titleOf('Orthanc, as it comes, opened, and closed', noOrthanc),
  () => {
    test(
      'stock: takes echo and images of strangers, refuses their questions',
      async () => {
        const { dicom } = await startOrthanc({
          AuthenticationEnabled: true,
          RegisteredUsers: { a: 'b-c-d-e' },
        });
        const exposed = idsOf(await audit([dicom]), dicom);
        expect(exposed).toEqual(expect.arrayContaining(['D01', 'D02', 'D03', 'D04', 'D13', 'T01']));
        for (const id of ['D05', 'D06', 'D07', 'D09', 'D11', 'D25', 'T02']) expect(exposed).not.toContain(id);
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'opened: anybody queries, and the web door counts',
      async () => {
        const { dicom, web } = await startOrthanc({
          DicomAlwaysAllowFind: true,
          DicomAlwaysAllowGet: true,
          DicomAlwaysAllowMove: true,
          AuthenticationEnabled: false,
          RemoteAccessAllowed: true,
        });
        const run = await audit([dicom, web], { [web]: 'http' });
        expect(idsOf(run, dicom)).toEqual(expect.arrayContaining(['D05', 'D07', 'D08']));
        expect(idsOf(run, web)).toEqual(expect.arrayContaining(['W02', 'W14']));
        expect(run.report.systems[0]?.product?.name).toBe('Orthanc');
        // It answers a retrieval of what it does not hold with C000, which proves nothing: no A5 without proof.
        expect(idsOf(run, dicom, 'inconclusive')).toEqual(expect.arrayContaining(['D11', 'D12']));
        expect(run.report.systems[0]?.accessClasses).toEqual(expect.arrayContaining(['A3', 'W', 'H']));
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'closed: titles and logins checked, nothing but its presence is found',
      async () => {
        const { dicom, web } = await startOrthanc({
          DicomCheckCalledAet: true,
          DicomAlwaysAllowEcho: false,
          DicomAlwaysAllowStore: false,
          AuthenticationEnabled: true,
          RemoteAccessAllowed: true,
          RegisteredUsers: { radiology: 'not-a-default-37' },
        });
        const run = await audit([dicom, web], { [web]: 'http' });
        for (const id of idsOf(run, dicom)) expect(['D01', 'D19', 'D20']).toContain(id);
        for (const id of ['W01', 'W02', 'W03', 'W04', 'W07', 'W08', 'W09', 'W14']) {
          expect(idsOf(run, web)).not.toContain(id);
        }
        expect(run.report.systems[0]?.accessClasses).toEqual(['A1']);
      },
      RUN_TIMEOUT_MS,
    );
  },
);

const noDcmtk = missingTools('dcmqrscp', 'storescp', 'wlmscpfs');
describe.skipIf(noDcmtk !== undefined)(titleOf('servers of DCMTK', noDcmtk), () => {
  async function startQueryServer(peers: string): Promise<number> {
    const folder = scope.folder('dcmqrscp');
    const port = await freePort();
    mkdirSync(join(folder, 'db'));
    const config = [
      `NetworkTCPPort = ${port}`,
      'MaxPDUSize = 16384',
      'MaxAssociations = 16',
      'HostTable BEGIN',
      'friend = (FRIEND, localhost, 11999)',
      'HostTable END',
      'VendorTable BEGIN',
      'VendorTable END',
      'AETable BEGIN',
      `ARCHIVE ${join(folder, 'db')} RW (200, 1024mb) ${peers}`,
      'AETable END',
      '',
    ];
    writeFileSync(join(folder, 'dcmqrscp.cfg'), config.join('\n'));
    await startTool('dcmqrscp', ['-c', join(folder, 'dcmqrscp.cfg')], port);
    return port;
  }

  test(
    'dcmqrscp rejects a wrong called title; by the right one anybody is let in',
    async () => {
      const port = await startQueryServer('ANY');
      const closed = await audit([port]);
      expect(idsOf(closed, port)).not.toEqual(expect.arrayContaining(['D02']));
      expect(idsOf(closed, port)).not.toContain('D05');
      const open = await runAudit(scope, {
        ranges: [{ cidr: '127.0.0.1/32', calledAETitles: ['ARCHIVE'] }],
        ports: [port],
      });
      expect(idsOf(open, port)).toEqual(expect.arrayContaining(['D01', 'D03', 'D04', 'D05', 'D07', 'T01']));
      expect(idsOf(open, port)).not.toContain('D02');
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'storescp: in clear it takes everything; over TLS with certificates it is closed',
    async () => {
      const [clear, secured] = [await freePort(), await freePort()];
      const folder = scope.folder('storescp');
      await startTool('storescp', ['-od', folder, String(clear)], clear);
      const { key, cert } = testCertificate({ keyType: 'rsa-2048' });
      const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      writeFileSync(keyFile, key);
      writeFileSync(certFile, cert);
      const tls = ['+tls', keyFile, certFile, '+cf', certFile, '-od', folder, String(secured)];
      await startTool('storescp', tls, secured);
      const run = await audit([clear, secured], { [secured]: 'dicom-tls' });
      expect(idsOf(run, clear)).toEqual(expect.arrayContaining(['D01', 'D02', 'D03', 'D04', 'D13', 'T01']));
      expect(idsOf(run, clear)).not.toContain('D05');
      for (const id of ['D02', 'D03', 'D04', 'D13', 'T01', 'T02', 'T08', 'T09']) {
        expect(idsOf(run, secured)).not.toContain(id);
      }
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'wlmscpfs answers worklist questions of anybody who knows its title',
    async () => {
      const port = await freePort();
      const folder = scope.folder('wlmscpfs');
      mkdirSync(join(folder, 'WORKLIST'));
      writeFileSync(join(folder, 'WORKLIST', 'lockfile'), '');
      await startTool('wlmscpfs', ['-dfp', folder, String(port)], port);
      const run = await runAudit(scope, {
        ranges: [{ cidr: '127.0.0.1/32', calledAETitles: ['WORKLIST'] }],
        ports: [port],
      });
      expect(idsOf(run, port)).toEqual(expect.arrayContaining(['D01', 'D09']));
      expect(idsOf(run, port)).not.toContain('D05');
    },
    RUN_TIMEOUT_MS,
  );
});

describe('Leadglass', () => {
  let archive: TestArchive;
  beforeAll(async () => {
    archive = await TestArchive.create(scope);
    await archive.start();
  });

  test(
    'is found protected by every check',
    async () => {
      const [dicomTLS, https] = [archive.port, archive.httpsPort];
      const run = await audit([dicomTLS, https], { [dicomTLS]: 'dicom-tls', [https]: 'https' });
      const exposed = run.report.findings.filter(({ outcome }) => outcome === 'exposed');
      expect(exposed).toEqual([]);
      expect(run.report.findings.filter(({ outcome }) => outcome === 'error')).toEqual([]);
      expect(run.report.systems[0]?.accessClasses).toEqual([]);
      expect(idsOf(run, dicomTLS, 'protected')).toEqual(expect.arrayContaining(['D01', 'T09']));
    },
    RUN_TIMEOUT_MS,
  );
});
