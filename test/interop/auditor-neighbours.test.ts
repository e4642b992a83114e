import { afterAll, describe, expect, test } from 'vitest';
import { check as database } from '../../packages/auditor/src/checks/does-a-database-greet-strangers/check.ts';
import { check as syslog } from '../../packages/auditor/src/checks/do-audit-messages-travel-in-clear/check.ts';
import { check as blankLogin } from '../../packages/auditor/src/checks/is-a-blank-login-accepted/check.ts';
import { check as console } from '../../packages/auditor/src/checks/is-a-console-reachable/check.ts';
import { check as containers } from '../../packages/auditor/src/checks/is-a-container-door-open/check.ts';
import { check as screen } from '../../packages/auditor/src/checks/is-a-remote-screen-open/check.ts';
import { check as viewer } from '../../packages/auditor/src/checks/is-the-viewer-outdated/check.ts';
import { askOne } from '../../packages/auditor/src/testing/ask.ts';
import { testCertificate } from '../../packages/auditor/src/testing/certificates.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { ORTHANC_CLOSED, startOrthanc } from './neighbour-services-dicom.ts';
import {
  MariaDB,
  consoleMissing,
  ohifMissing,
  ohifPages,
  startPhpLDAPadmin,
  startPodman,
  startRsyslog,
  startVnc,
  startXrdp,
  syslogTlsMissing,
} from './neighbour-doors.ts';
import { rootMissing, startNginx } from './neighbour-services.ts';

const scope = new Scope();
afterAll(() => scope.close());

/** Servers of different tests start side by side; skipped with the reason in its title. */
function testSideBySide(
  title: string,
  reasons: readonly (string | undefined)[],
  run: () => Promise<void>,
): void {
  const isSkipped = reasons.some((reason) => reason !== undefined);
  test.skipIf(isSkipped)(titleOf(title, ...reasons), run);
}

const OLD_OHIF = '3.12.0';
const NEW_OHIF = '3.13.2';

describe.concurrent('real neighbours, open and closed', () => {
  testSideBySide(
    'X02 exposed: MariaDB for who may log in, protected: MariaDB for other hosts',
    [missingTools('mariadbd')],
    async () => {
      const server = await MariaDB.create(scope);
      const open = await server.start(true);
      const verdict = await askOne(database, { port: open.port, protocol: 'mysql' });
      expect(verdict).toMatchObject({
        outcome: 'exposed',
        evidence: { version: expect.stringMatching(/^1\d\.\d+\.\d+-MariaDB/) as string },
      });
      await open.stop();
      const closed = await server.start(false);
      const refused = await askOne(database, { port: closed.port, protocol: 'mysql' });
      expect(refused).toMatchObject({ outcome: 'protected', evidence: { errorCode: 1130 } });
    },
  );

  testSideBySide(
    'X05 exposed: TigerVNC without a password, protected: with one',
    [missingTools('Xvnc')],
    async () => {
      const [open, closed] = [await startVnc(scope, 'None'), await startVnc(scope, 'VncAuth')];
      const verdict = await askOne(screen, { port: open.port, protocol: 'vnc' });
      expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { securityTypes: '1' } });
      const refused = await askOne(screen, { port: closed.port, protocol: 'vnc' });
      expect(refused).toMatchObject({ outcome: 'protected', evidence: { securityTypes: '2' } });
    },
  );

  testSideBySide(
    "X05 exposed: xrdp with RDP's own security, and with TLS but without NLA",
    [missingTools('xrdp'), rootMissing],
    async () => {
      for (const [form, security] of [
        ['rdp', 'RDP'],
        ['tls', 'TLS'],
      ] as const) {
        const server = await startXrdp(scope, form);
        expect(await askOne(screen, { port: server.port, protocol: 'rdp' })).toMatchObject({
          outcome: 'exposed',
          evidence: { product: 'RDP', security, networkLevelAuthentication: false },
        });
      }
    },
  );

  testSideBySide(
    'X09 exposed: Podman by TCP, protected: behind nginx that wants TLS and a certificate',
    [missingTools('podman', 'nginx'), rootMissing],
    async () => {
      const open = await startPodman(scope);
      expect(await askOne(containers, { port: open.port, protocol: 'docker' })).toMatchObject({
        outcome: 'exposed',
        evidence: { product: 'Docker', status: 200 },
      });
      const server = [
        `location / { proxy_pass http://127.0.0.1:${open.port}; }`,
        'ssl_verify_client optional_no_ca;',
      ];
      const closed = await startNginx(scope, server, { tls: testCertificate() });
      const refused = await askOne(containers, { port: closed.port, protocol: 'docker' });
      expect(refused).toMatchObject({ outcome: 'protected', evidence: { status: 400 } });
    },
  );

  testSideBySide(
    'X10 exposed: rsyslog by UDP, protected: rsyslog by TLS, not applicable: none',
    [missingTools('rsyslogd'), syslogTlsMissing],
    async () => {
      const [open, closed] = [await startRsyslog(scope, 'clear'), await startRsyslog(scope, 'tls')];
      const verdict = await askOne(syslog, { port: open.port, protocol: 'syslog' });
      expect(verdict).toMatchObject({
        outcome: 'exposed',
        evidence: { udp514: 'silent', udp6514: 'refused' },
      });
      // Nobody listens by UDP where TLS alone is spoken.
      const others = [{ port: closed.port, protocol: 'syslog-tls' }];
      const secured = await askOne(syslog, { port: closed.port, protocol: 'syslog', others });
      expect(secured).toMatchObject({ outcome: 'protected', evidence: { udp514: 'refused' } });
      const none = await askOne(syslog, { port: closed.port, protocol: 'syslog' });
      expect(none).toMatchObject({ outcome: 'notApplicable' });
    },
  );

  testSideBySide(
    'W08 exposed: Orthanc with a user of no name and no password, protected: with another',
    [missingTools('Orthanc')],
    async () => {
      const users = { ...ORTHANC_CLOSED, RegisteredUsers: { '': '' } };
      const [open, closed] = await Promise.all([
        startOrthanc(scope, users),
        startOrthanc(scope, ORTHANC_CLOSED),
      ]);
      const verdict = await askOne(blankLogin, {
        port: open.web,
        protocol: 'http',
        optIns: ['defaultLogins'],
      });
      expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { login: 'Basic' } });
      const refused = await askOne(blankLogin, {
        port: closed.web,
        protocol: 'http',
        optIns: ['defaultLogins'],
      });
      expect(refused).toMatchObject({ outcome: 'protected', evidence: { status: 401 } });
    },
  );

  testSideBySide(
    'W13 exposed: phpLDAPadmin beside an archive, protected: kept back by nginx',
    [missingTools('php', 'nginx'), consoleMissing],
    async () => {
      const others = [{ port: 104, protocol: 'dicom' }];
      const open = await startPhpLDAPadmin(scope);
      expect(await askOne(console, { port: open.port, protocol: 'http', others })).toMatchObject({
        outcome: 'exposed',
        evidence: { console: 'phpLDAPadmin', path: '/phpldapadmin/' },
      });
      const server = [
        'location /phpldapadmin/ { deny all; }',
        `location / { proxy_pass http://127.0.0.1:${open.port}; }`,
      ];
      const closed = await startNginx(scope, server);
      const refused = await askOne(console, { port: closed.port, protocol: 'http', others });
      expect(refused).toMatchObject({ outcome: 'protected', evidence: { refused: 1 } });
    },
  );

  testSideBySide(
    `W16 exposed: OHIF ${OLD_OHIF}, protected: OHIF ${NEW_OHIF}`,
    [missingTools('nginx'), ohifMissing(OLD_OHIF), ohifMissing(NEW_OHIF)],
    async () => {
      const serve = (version: string) => startNginx(scope, [], { root: ohifPages(version) });
      const [open, closed] = [await serve(OLD_OHIF), await serve(NEW_OHIF)];
      const verdict = await askOne(viewer, { port: open.port, protocol: 'http' });
      expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { version: OLD_OHIF } });
      const refused = await askOne(viewer, { port: closed.port, protocol: 'http' });
      expect(refused).toMatchObject({ outcome: 'protected', evidence: { version: NEW_OHIF } });
    },
  );
});
