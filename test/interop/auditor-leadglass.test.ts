import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check as relational } from '../../packages/auditor/src/checks/are-relational-queries-accepted/check.ts';
import { check as records } from '../../packages/auditor/src/checks/can-study-records-be-counted/check.ts';
import type { AnyCheck } from '../../packages/auditor/src/checks/check.ts';
import { askOne } from '../../packages/auditor/src/testing/ask.ts';
import { ARCHIVE_AE_TITLE, TestArchive } from '../support/archive.ts';
import { demoFiles, storeFiles } from '../support/demo-files.ts';
import { freePort } from '../support/free-port.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { createToken, WebClient } from '../support/web-client.ts';
import { auditPorts, idsOf, outcomesText } from './neighbour-services-audit.ts';
import { NfsNetwork, networkMissing, startNginx, startRsync } from './neighbour-services.ts';

const scope = new Scope();
afterAll(() => scope.close());

const RUN_TIMEOUT_MS = 300_000;
/** Everything a scope may ask for by name. */
const ALL_OPT_INS = [
  'counting',
  'default-logins',
  'idle-sockets',
  'absurd-length',
  'hl7-message',
  'share-content',
];
/** Past the 30 seconds after which an association that never gets whole is closed. */
const HALF_PDU_WAIT_SECONDS = 40;
/** What nobody can see from outside: not answered in these scopes, so never more than unanswered. */
const GOVERNANCE = /^(?:G0|W18)/;

/** Somebody's images, so that there is something to protect. */
async function fill(archive: TestArchive): Promise<void> {
  const client = new WebClient(scope, archive, { token: await createToken(archive, 'store') });
  const files = demoFiles(1).map(({ file }) => file);
  await storeFiles(client, files.slice(0, 20));
}

describe('a protected Leadglass', () => {
  let archive: TestArchive;
  beforeAll(async () => {
    archive = await TestArchive.create(scope);
    await archive.start();
    await fill(archive);
  });

  test(
    'is found protected by all checks',
    async () => {
      const [dicomTLS, https] = [archive.port, archive.httpsPort];
      const run = await auditPorts(scope, [dicomTLS, https], {
        protocols: { [dicomTLS]: 'dicom-tls', [https]: 'https' },
        optIns: ALL_OPT_INS,
        rates: { 'half-pdu-wait-seconds': HALF_PDU_WAIT_SECONDS },
      });
      process.stderr.write(outcomesText('a protected Leadglass, all checks:', run));
      const { findings, systems } = run.report;
      expect(findings.filter(({ outcome }) => outcome === 'exposed')).toEqual([]);
      expect(findings.filter(({ outcome }) => outcome === 'error')).toEqual([]);
      const unclear = findings.filter(
        ({ outcome, check }) => outcome === 'inconclusive' && !GOVERNANCE.test(check),
      );
      expect(unclear).toEqual([]);
      expect(systems[0]?.accessClasses).toEqual([]);
      expect(idsOf(run, dicomTLS, 'protected')).toEqual(
        expect.arrayContaining(['D01', 'T02', 'T03', 'T04', 'T05', 'T06', 'T07', 'T08', 'T09', 'T10']),
      );
      expect(idsOf(run, https, 'protected')).toEqual(
        expect.arrayContaining(['T03', 'T04', 'T10', 'W01', 'W03', 'W04', 'W10', 'W11']),
      );
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'leadglass check asks its own doors the same questions, and ends with 0',
    async () => {
      const ports = ['--dicom-tls-port', String(archive.port), '--https-port', String(archive.httpsPort)];
      const checked = await archive.command('check', ...ports, '--json');
      expect(checked).toMatchObject({ code: 0 });
      const { safe, findings } = JSON.parse(checked.stdout) as {
        safe: boolean;
        findings: { id: string; level: string; what: string }[];
      };
      expect(safe).toBe(true);
      const doors = findings.filter(({ id }) => id.startsWith('door-'));
      expect(doors.map(({ id, level }) => `${id} ${level}`)).toEqual(['door-refuses ok', 'door-refuses ok']);
    },
    RUN_TIMEOUT_MS,
  );
});

const noNginx = missingTools('nginx');
describe('a Leadglass opened by hand', () => {
  let archive: TestArchive;
  let plainPort = 0;

  beforeAll(async () => {
    plainPort = await freePort();
    archive = await TestArchive.create(scope, {
      config: `[dimse.plain]\nport = ${plainPort}\n[https]\nallowedOrigins = ["https://viewer.example"]`,
    });
    await archive.addDevice('OLDROOM', 'echo,store,find', { plainFrom: '127.0.0.1' });
    await archive.start();
    await fill(archive);
  });

  test(
    'the door for an old device is found; a stranger still gets no further than its refusal',
    async () => {
      const run = await auditPorts(scope, [plainPort], {
        optIns: ALL_OPT_INS,
        rates: { 'half-pdu-wait-seconds': HALF_PDU_WAIT_SECONDS },
      });
      process.stderr.write(outcomesText('its door for clear text:', run));
      expect(idsOf(run, plainPort)).toContain('D01');
      for (const id of ['D02', 'D03', 'D04', 'D05', 'D07', 'D13', 'T01'])
        expect(idsOf(run, plainPort)).not.toContain(id);
      // Neither are titles told apart nor idle sockets kept.
      expect(idsOf(run, plainPort, 'protected')).toEqual(
        expect.arrayContaining(['D19', 'D22', 'D23', 'D24']),
      );
      expect(run.report.systems[0]?.accessClasses).toEqual(['A1']);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'leadglass check says so, as a warning: the device was named for it',
    async () => {
      const ports = ['--dicom-tls-port', String(archive.port), '--https-port', String(archive.httpsPort)];
      const checked = await archive.command('check', ...ports);
      expect(checked.stdout).toMatch(/warning +D01, 127\.0\.0\.1:\d+ \(clear-text DICOM\)/);
      expect(checked.stdout).toMatch(/warning +OLDROOM speaks clear text/);
      expect(checked.code).toBe(0);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'pages that were named may read it, and only they: W11 stays protected',
    async () => {
      const https = archive.httpsPort;
      const run = await auditPorts(scope, [archive.port, https], {
        protocols: { [archive.port]: 'dicom-tls', [https]: 'https' },
      });
      expect(idsOf(run, https, 'protected')).toContain('W11');
      expect(idsOf(run, https)).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  test.skipIf(noNginx !== undefined)(
    titleOf('a reverse proxy that lends everybody its token is found out', noNginx),
    async () => {
      const token = await createToken(archive, 'find,get,store');
      const proxy = await startNginx(scope, [
        `location / { proxy_pass https://127.0.0.1:${archive.httpsPort};`,
        `proxy_set_header Authorization "Bearer ${token}"; proxy_http_version 1.1;`,
        'add_header Access-Control-Allow-Origin * always; }',
      ]);
      const run = await auditPorts(scope, [proxy.port], { protocols: { [proxy.port]: 'http' } });
      process.stderr.write(outcomesText('behind a proxy that lends its token:', run));
      expect(idsOf(run, proxy.port)).toEqual(expect.arrayContaining(['W01', 'W03', 'W04', 'W05', 'W11']));
      expect(run.report.systems[0]?.accessClasses).toEqual(expect.arrayContaining(['H', 'W']));
    },
    RUN_TIMEOUT_MS,
  );

  test.skipIf(noNginx !== undefined)(
    titleOf('a proxy that lends its device certificate is found out, over HTTPS too', noNginx),
    async () => {
      const device = await archive.addDevice('PROXYROOM', 'find,get');
      const proxy = await startNginx(scope, [
        `location / { proxy_pass https://127.0.0.1:${archive.httpsPort}; proxy_http_version 1.1;`,
        `proxy_ssl_certificate ${device.certFile}; proxy_ssl_certificate_key ${device.keyFile}; }`,
      ]);
      const run = await auditPorts(scope, [proxy.port], { protocols: { [proxy.port]: 'http' } });
      expect(idsOf(run, proxy.port)).toEqual(expect.arrayContaining(['W01', 'W03', 'W05']));
      expect(idsOf(run, proxy.port)).not.toContain('W11');
    },
    RUN_TIMEOUT_MS,
  );

  const noRsync = missingTools('nginx', 'rsync');
  test.skipIf(noRsync !== undefined)(
    titleOf('its packs, listed by a web server and offered by rsync, are found out', noRsync),
    async () => {
      const packs = join(archive.dataFolder, 'packs');
      const web = await startNginx(scope, ['autoindex on;'], { root: packs });
      const rsync = await startRsync(scope, false, packs);
      const run = await auditPorts(scope, [web.port, rsync.port], {
        protocols: { [web.port]: 'http', [rsync.port]: 'rsync' },
      });
      process.stderr.write(outcomesText('its packs given away:', run));
      expect(idsOf(run, web.port)).toContain('W10');
      expect(idsOf(run, rsync.port)).toContain('S04');
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'opened to the auditor as to one of its devices, its records are counted and relational queries accepted',
    async () => {
      await archive.addDevice('EXPOAUDIT', 'echo,find', { plainFrom: '127.0.0.1' });
      const door = { port: plainPort, calledAETitles: [ARCHIVE_AE_TITLE] };
      const ask = (check: AnyCheck) => askOne(check, { ...door, optIns: ['counting'] });
      expect(await ask(relational)).toMatchObject({
        outcome: 'exposed', // D10
        evidence: { studyRoot: true, patientRoot: true },
      });
      const counted = await ask(records); // D06
      expect(counted).toMatchObject({ outcome: 'exposed', evidence: { isLowerBound: false } });
      expect(counted.counts?.studies?.value).toBeGreaterThan(0);
    },
    RUN_TIMEOUT_MS,
  );

  const noNfs = [missingTools('ganesha.nfsd', 'rpcbind', 'unshare', 'nsenter', 'ip'), networkMissing()];
  test.skipIf(noNfs.some((reason) => reason !== undefined))(
    titleOf('its packs, exported to everybody by NFS, are found out', ...noNfs),
    async () => {
      const network = await NfsNetwork.start(scope);
      await network.startGanesha('*', join(archive.dataFolder, 'packs'));
      expect(await network.ask()).toMatchObject({ outcome: 'exposed', evidence: { exportsToEverybody: 1 } });
    },
    RUN_TIMEOUT_MS,
  );
});
