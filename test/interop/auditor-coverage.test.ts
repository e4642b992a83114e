import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checks } from '../../packages/auditor/src/checks/index.ts';

/** A product in a form in which the check must fire, and one in which it must not. */
interface Shown {
  readonly open: string;
  readonly closed: string;
}

/** Why no real product stands for a check: its own test has a server of ours in both forms. */
interface Simulated {
  readonly simulated: string;
}

const ORTHANC = { open: 'Orthanc opened', closed: 'Orthanc closed' };
const ORTHANC_STOCK = { open: 'Orthanc as it comes', closed: 'Orthanc closed' };
const PROXY = { open: 'Leadglass behind nginx with its token', closed: 'Leadglass' };
const NGINX = { open: 'nginx', closed: 'nginx' };
const GOVERNANCE = { simulated: 'the operator answers in the scope; nothing is sent' };

/** Every check that asks a network, and where it was shown both ways: tests are in auditor-*.test.ts beside this. */
const table: Readonly<Record<string, Shown | Simulated>> = {
  D01: { open: 'all DICOM products', closed: 'storescp over TLS with certificates; Leadglass' },
  D02: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed; dcmqrscp; wlmscpfs' },
  D03: { open: 'Orthanc as it comes; storescp; dcmqrscp, ANY', closed: 'dcmqrscp, a host it knows' },
  D04: {
    open: 'Orthanc as it comes; storescp',
    closed: 'Orthanc closed; storescp over TLS with certificates',
  },
  D05: { open: 'Orthanc opened; dcmqrscp, ANY', closed: 'Orthanc as it comes; dcmqrscp, a host it knows' },
  D06: { open: 'Orthanc opened; Leadglass opened to the auditor', closed: 'Orthanc as it comes' },
  D07: ORTHANC,
  D08: ORTHANC,
  D09: { open: 'wlmscpfs by its title', closed: 'wlmscpfs by a wrong title; Orthanc' },
  D10: { open: 'Leadglass opened to the auditor', closed: 'Orthanc opened; Leadglass' },
  D11: { open: 'Orthanc opened; dcmqrscp, ANY', closed: 'Orthanc as it comes; dcmqrscp, a host it knows' },
  D12: { open: 'Orthanc opened; dcmqrscp, ANY', closed: 'Orthanc as it comes; dcmqrscp, a host it knows' },
  D13: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed; wlmscpfs' },
  D14: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed' },
  D15: ORTHANC_STOCK,
  D16: { open: 'dcmprscp', closed: 'storescp; Orthanc' },
  D17: { open: 'storescp that takes whatever is proposed', closed: 'storescp; Orthanc' },
  D18: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed' },
  D19: { open: 'dcmqrscp by a wrong title', closed: 'Leadglass over TLS' },
  D20: { open: 'Orthanc as it comes; storescp', closed: 'dcmqrscp' },
  D21: { open: 'simple_storage of CTN', closed: 'storescp; Orthanc opened' },
  D22: { open: 'storescp', closed: 'Leadglass at its clear door' },
  D23: { open: 'storescp', closed: 'Leadglass at its clear door' },
  D24: { open: 'storescp', closed: 'Leadglass at its clear door' },
  D25: {
    simulated:
      'the products here stay silent, storescp that takes whatever is proposed, too; the traps that are known are ' +
      'programs in Go that no package source has. The source of dicompot was read: it accepts every context with the ' +
      'first transfer syntax and names no implementation, which is a form of the simulated system',
  },
  T01: { open: 'storescp; dcmqrscp, ANY', closed: 'storescp over TLS' },
  T02: { open: 'nginx before two storescp', closed: 'storescp over TLS; Leadglass' },
  T03: NGINX,
  T04: NGINX,
  T05: NGINX,
  T06: { open: 'nginx; storescp over TLS', closed: 'nginx; Leadglass' },
  T07: NGINX,
  T08: {
    open: 'storescp over TLS that asks nobody',
    closed: 'storescp over TLS with certificates; Leadglass',
  },
  T09: { open: 'stunnel that takes any', closed: 'stunnel that asks who signed; Leadglass' },
  T10: NGINX,
  W01: PROXY,
  W02: ORTHANC,
  W03: { open: 'Orthanc opened; Leadglass behind nginx with its token', closed: 'Orthanc closed; Leadglass' },
  W04: PROXY,
  W05: { open: 'nginx; Orthanc', closed: 'nginx' },
  W06: { open: 'nginx; Orthanc closed', closed: 'nginx; Orthanc opened' },
  W07: { open: 'Orthanc with the login of its documentation', closed: 'Orthanc closed' },
  W08: { open: 'Orthanc with a user of no name', closed: 'Orthanc closed' },
  W09: ORTHANC,
  W10: { open: 'nginx; the packs of Leadglass in nginx', closed: 'nginx; Orthanc' },
  W11: { open: 'nginx; Leadglass behind nginx', closed: 'nginx; Leadglass' },
  W12: NGINX,
  W13: { open: 'phpLDAPadmin', closed: 'phpLDAPadmin kept back by nginx' },
  W14: ORTHANC,
  W15: { open: 'Orthanc opened; nginx', closed: 'Orthanc closed; nginx' },
  W16: { open: 'OHIF 3.12.0', closed: 'OHIF 3.13.2' },
  W17: NGINX,
  W18: GOVERNANCE,
  S01: { open: 'NFS-Ganesha, *; the packs of Leadglass', closed: 'NFS-Ganesha, a host or a network' },
  S02: { open: 'Samba with guests; Samba with version 1', closed: 'Samba without' },
  S03: { open: 'vsftpd, anonymous', closed: 'vsftpd' },
  S04: { open: 'rsync without users; the packs of Leadglass', closed: 'rsync with users' },
  S05: {
    simulated:
      'nginx stays silent; no object store of Debian runs alone (radosgw wants a whole Ceph), and s3rver of npm, a ' +
      'hundred packages, lists its buckets to everybody but gives none of the signs by which a store is known; ' +
      "Azurite of npm, an emulator with Azure's signs, brings three clients of databases",
  },
  S06: { open: 'Orthanc opened (WebDAV)', closed: 'Orthanc closed; nginx' },
  S07: { open: 'vsftpd, anonymous', closed: 'vsftpd' },
  X01: { open: 'PostgreSQL, trust', closed: 'PostgreSQL, scram-sha-256' },
  // SQL Server, the other half of it, is simulated: FreeTDS and what else Debian and npm have are clients of it.
  X02: { open: 'MariaDB', closed: 'MariaDB for other hosts' },
  X03: { open: 'Redis', closed: 'Redis with a password' },
  X04: { open: 'an MLLP listener of the test', closed: 'an MLLP listener that knows its senders' },
  // A desktop that demands NLA is simulated: xrdp has none.
  X05: { open: 'TigerVNC without a password; xrdp', closed: 'TigerVNC with one' },
  X06: { open: 'Net-SNMP, public', closed: 'Net-SNMP, another community' },
  X07: { open: 'OpenSSH with group1, CBC and MD5', closed: 'OpenSSH as Debian ships it' },
  X08: { open: 'OpenLDAP', closed: 'OpenLDAP without anonymous binds' },
  // Kubernetes is simulated: Debian has its client alone (kubernetes-client), and etcd beside which it would run; npm has
  // clients. etcd answers in a language of its own, not in that of the API.
  X09: { open: 'Podman', closed: 'Podman behind nginx that wants a certificate' },
  X10: { open: 'rsyslog by UDP', closed: 'rsyslog by TLS' },
  G01: GOVERNANCE,
  G02: GOVERNANCE,
  G03: GOVERNANCE,
};

describe('every check that asks a network, at real products', () => {
  test('has a row: shown both ways, or a reason why not', () => {
    expect(Object.keys(table)).toEqual(checks.map(({ meta }) => meta.id));
  });

  test('stands in a test beside this one where its row says that it was shown', () => {
    const folder = new URL('.', import.meta.url);
    const names = readdirSync(folder).filter((name) => /^auditor-(?!coverage).*\.test\.ts$/.test(name));
    const text = names.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
    const shown = Object.entries(table).flatMap(([id, row]) => ('open' in row ? [id] : []));
    expect(shown.filter((id) => !new RegExp(`\\b${id}\\b`).test(text))).toEqual([]);
  });
});
