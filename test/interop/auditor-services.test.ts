import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { check as modules } from '../../packages/auditor/src/checks/are-rsync-modules-open/check.ts';
import { check as dicomFiles } from '../../packages/auditor/src/checks/are-dicom-files-in-open-shares/check.ts';
import type { AnyCheck, Verdict } from '../../packages/auditor/src/checks/check.ts';
import { check as dataStore } from '../../packages/auditor/src/checks/does-a-data-store-ask-no-password/check.ts';
import { check as hl7 } from '../../packages/auditor/src/checks/does-hl7-answer-strangers/check.ts';
import { check as postgresql } from '../../packages/auditor/src/checks/does-postgresql-trust-anyone/check.ts';
import { check as smb } from '../../packages/auditor/src/checks/does-smb-let-strangers-in/check.ts';
import { check as ftp } from '../../packages/auditor/src/checks/is-anonymous-ftp-allowed/check.ts';
import { check as snmp } from '../../packages/auditor/src/checks/is-old-remote-access-open/check.ts';
import { check as ssh } from '../../packages/auditor/src/checks/is-ssh-weak/check.ts';
import { check as ldap } from '../../packages/auditor/src/checks/is-the-directory-readable/check.ts';
import { check as objectStore } from '../../packages/auditor/src/checks/is-the-object-store-listable/check.ts';
import { check as webDav } from '../../packages/auditor/src/checks/is-webdav-or-iscsi-open/check.ts';
import { askOne } from '../../packages/auditor/src/testing/ask.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import {
  NfsNetwork,
  PostgreSQL,
  networkMissing,
  postgresMissing,
  rootMissing,
  startNginx,
  startOpenLDAP,
  startOpenSSH,
  startRedis,
  startRsync,
  startSamba,
  startSnmpd,
  startVsftpd,
} from './neighbour-services.ts';

const scope = new Scope();
afterAll(() => scope.close());

/** Names that stand on the servers and must not come back in a verdict. */
const CANARY = /canary/i;

async function verdictOf(check: AnyCheck, port: number, protocol: string): Promise<Verdict> {
  const verdict = await askOne(check, { port, protocol, optIns: ['shareContent', 'hl7Message'] });
  expect(JSON.stringify(verdict)).not.toMatch(CANARY);
  return verdict;
}

/** A suite that needs commands, and perhaps root; skipped with the reason in its title. */
function suite(title: string, reasons: readonly (string | undefined)[], tests: () => void): void {
  const isSkipped = reasons.some((reason) => reason !== undefined);
  describe.skipIf(isSkipped)(titleOf(title, ...reasons), tests);
}

suite('PostgreSQL', [postgresMissing], () => {
  test('X01 exposed with trust, protected with scram-sha-256', async () => {
    const cluster = new PostgreSQL(scope);
    const open = await cluster.start('trust');
    expect(await verdictOf(postgresql, open.port, 'postgresql')).toMatchObject({ outcome: 'exposed' });
    await open.stop();
    const closed = await cluster.start('scram-sha-256');
    const verdict = await verdictOf(postgresql, closed.port, 'postgresql');
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { authenticationMethod: 10 } });
  });
});

suite('Redis', [missingTools('redis-server')], () => {
  test('X03 exposed without a password, protected with requirepass', async () => {
    const [open, closed] = [await startRedis(scope), await startRedis(scope, 'secret')];
    expect(await verdictOf(dataStore, open.port, 'redis')).toMatchObject({ outcome: 'exposed' });
    const verdict = await verdictOf(dataStore, closed.port, 'redis');
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { answer: 'NOAUTH' } });
  });
});

suite('OpenLDAP', [missingTools('slapd', 'slapadd')], () => {
  test.each([
    ['open', 'exposed'],
    ['no-anonymous-binds', 'protected'],
    ['nothing-to-read', 'protected'],
  ] as const)('X08 %s: %s', async (form, outcome) => {
    const server = await startOpenLDAP(scope, form);
    expect(await verdictOf(ldap, server.port, 'ldap')).toMatchObject({ outcome });
  });
});

suite('rsync', [missingTools('rsync')], () => {
  test('S04 exposed without auth users, protected with them', async () => {
    const [open, closed] = [await startRsync(scope, false), await startRsync(scope, true)];
    const exposed = await verdictOf(modules, open.port, 'rsync');
    expect(exposed).toMatchObject({ outcome: 'exposed', evidence: { modulesListed: 1, modulesOpen: 1 } });
    const verdict = await verdictOf(modules, closed.port, 'rsync');
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { modulesWithLogin: 1 } });
  });
});

suite('vsftpd', [missingTools('vsftpd'), rootMissing], () => {
  test('S03 exposed with anonymous_enable, protected without; S07 counts files in the open one', async () => {
    const [open, closed] = [await startVsftpd(scope, true), await startVsftpd(scope, false)];
    expect(await verdictOf(ftp, open.port, 'ftp')).toMatchObject({
      outcome: 'exposed',
      evidence: { reply: 230 },
    });
    expect(await verdictOf(ftp, closed.port, 'ftp')).toMatchObject({ outcome: 'protected' });
    const counted = await verdictOf(dicomFiles, open.port, 'ftp');
    expect(counted).toMatchObject({ outcome: 'exposed', evidence: { share: 'FTP', dcmFiles: 2 } });
    expect(await verdictOf(dicomFiles, closed.port, 'ftp')).toMatchObject({ outcome: 'notApplicable' });
  });
});

suite('Samba', [missingTools('smbd'), rootMissing], () => {
  test('S02 exposed with guests, and the share counted', async () => {
    const server = await startSamba(scope, 'guest');
    expect(await verdictOf(smb, server.port, 'smb')).toMatchObject({
      outcome: 'exposed',
      evidence: { guestSession: true, sharesListedToGuest: 1, smbVersion1: false },
    });
  });

  test('S02 protected without guests and null sessions', async () => {
    const server = await startSamba(scope, 'closed');
    expect(await verdictOf(smb, server.port, 'smb')).toMatchObject({ outcome: 'protected' });
  });

  test('S02 exposed with version 1', async () => {
    const server = await startSamba(scope, 'version-1');
    const verdict = await verdictOf(smb, server.port, 'smb');
    expect(verdict).toMatchObject({
      outcome: 'exposed',
      evidence: { guestSession: false, smbVersion1: true },
    });
  });
});

suite(
  'NFS-Ganesha',
  [missingTools('ganesha.nfsd', 'rpcbind', 'unshare', 'nsenter', 'ip'), networkMissing()],
  () => {
    test('S01 exposed for *, protected for one host or network, by the port mapper and MOUNT', async () => {
      const network = await NfsNetwork.start(scope);
      const open = await network.startGanesha('*');
      const exposed = await network.ask();
      expect(exposed).toMatchObject({ outcome: 'exposed', evidence: { exports: 1, exportsToEverybody: 1 } });
      expect(JSON.stringify(exposed)).not.toMatch(CANARY);
      await open.stop();
      const named = await network.startGanesha('127.0.0.1');
      expect(await network.ask()).toMatchObject({ outcome: 'protected', evidence: { exports: 1 } });
      await named.stop();
      // Ganesha does not list to a host what that host may not mount.
      await network.startGanesha('192.0.2.0/24');
      expect(await network.ask()).toMatchObject({ outcome: 'protected', evidence: { exports: 0 } });
    });
  },
);

suite('OpenSSH', [missingTools('sshd', 'ssh-keygen'), rootMissing], () => {
  test('X07 exposed with group1, CBC and MD5, protected as Debian ships it', async () => {
    const [weak, strong] = [await startOpenSSH(scope, true), await startOpenSSH(scope, false)];
    expect(await verdictOf(ssh, weak.port, 'ssh')).toMatchObject({
      outcome: 'exposed',
      evidence: { weakAlgorithms: 'diffie-hellman-group1-sha1 aes128-cbc hmac-md5' },
    });
    expect(await verdictOf(ssh, strong.port, 'ssh')).toMatchObject({ outcome: 'protected' });
  });
});

suite('Net-SNMP', [missingTools('snmpd')], () => {
  test('X06 exposed with the community public, protected with another', async () => {
    const [open, closed] = [await startSnmpd(scope, 'public'), await startSnmpd(scope, 'other')];
    expect(await verdictOf(snmp, open.port, 'snmp')).toMatchObject({ outcome: 'exposed' });
    expect(await verdictOf(snmp, closed.port, 'snmp')).toMatchObject({ outcome: 'protected' });
  });
});

suite('nginx', [missingTools('nginx')], () => {
  test('S05 and S06 stay silent: a folder that is listed is neither a bucket nor WebDAV', async () => {
    const { port } = await startNginx(scope, ['autoindex on;']);
    expect(await verdictOf(objectStore, port, 'http')).toMatchObject({ outcome: 'notApplicable' });
    expect(await verdictOf(webDav, port, 'http')).toMatchObject({ outcome: 'notApplicable' });
  });
});

describe('an MLLP listener', () => {
  test('X04 exposed when it acknowledges, protected when it knows its senders', async () => {
    const [open, closed] = [await startMllp(() => true), await startMllp(() => false)];
    const verdict = await verdictOf(hl7, open, 'hl7');
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { acknowledgement: 'AR' } });
    expect(await verdictOf(hl7, closed, 'hl7')).toMatchObject({ outcome: 'protected' });
  });
});

/** Reads whole blocks, and refuses what it does not support with AR as HL7 2.5 2.9.2 wants. */
async function startMllp(isKnown: (sender: string) => boolean): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const block = /^\x0b(MSH\|\^~\\&\|([^|]*)[^\x1c]*)\x1c\r$/.exec(text);
      if (block === null) return;
      const control = block[1]?.split('|')[9] ?? '';
      if (isKnown(block[2] ?? ''))
        socket.write(`\x0bMSH|^~\\&|ENGINE||||||ACK||P|2.5\rMSA|AR|${control}\r\x1c\r`);
      else socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.onClose(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
