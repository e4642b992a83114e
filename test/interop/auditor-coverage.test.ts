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
  D06: { simulated: 'the archives here are empty; counting is shown at servers of ours' },
  D07: ORTHANC,
  D08: ORTHANC,
  D09: { open: 'wlmscpfs by its title', closed: 'wlmscpfs by a wrong title; Orthanc' },
  D10: { simulated: 'no product here accepts relational queries' },
  D11: { open: 'Orthanc opened; dcmqrscp, ANY', closed: 'Orthanc as it comes; dcmqrscp, a host it knows' },
  D12: { open: 'Orthanc opened; dcmqrscp, ANY', closed: 'Orthanc as it comes; dcmqrscp, a host it knows' },
  D13: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed; wlmscpfs' },
  D14: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed' },
  D15: ORTHANC_STOCK,
  D16: { simulated: 'no product here prints' },
  D17: { simulated: 'no product here offers instance availability or configuration' },
  D18: { open: 'Orthanc as it comes; storescp', closed: 'Orthanc closed' },
  D19: { open: 'dcmqrscp by a wrong title', closed: 'Leadglass over TLS' },
  D20: { open: 'Orthanc as it comes; storescp', closed: 'dcmqrscp' },
  D21: { simulated: 'no product past its end is installed' },
  D22: { simulated: 'needs a server that never runs out of places' },
  D23: { simulated: 'Leadglass stays silent at its clear door; the open form is a server of ours' },
  D24: { simulated: 'Leadglass stays silent at its clear door; the open form is a server of ours' },
  D25: { simulated: 'traps are ours' },
  T01: { open: 'storescp; dcmqrscp, ANY', closed: 'storescp over TLS' },
  T02: { simulated: 'no product speaks both on one port' },
  T03: NGINX,
  T04: NGINX,
  T05: NGINX,
  T06: { open: 'nginx; storescp over TLS', closed: 'nginx; Leadglass' },
  T07: NGINX,
  T08: {
    open: 'storescp over TLS that asks nobody',
    closed: 'storescp over TLS with certificates; Leadglass',
  },
  T09: { simulated: 'no product asks for a certificate and takes any' },
  T10: NGINX,
  W01: PROXY,
  W02: ORTHANC,
  W03: { open: 'Orthanc opened; Leadglass behind nginx with its token', closed: 'Orthanc closed; Leadglass' },
  W04: PROXY,
  W05: { open: 'nginx; Orthanc', closed: 'nginx' },
  W06: { open: 'nginx; Orthanc closed', closed: 'nginx; Orthanc opened' },
  W07: { open: 'Orthanc with the login of its documentation', closed: 'Orthanc closed' },
  W08: { simulated: 'no product here takes an empty name; Orthanc with users stays silent' },
  W09: ORTHANC,
  W10: { open: 'nginx; the packs of Leadglass in nginx', closed: 'nginx; Orthanc' },
  W11: { open: 'nginx; Leadglass behind nginx', closed: 'nginx; Leadglass' },
  W12: NGINX,
  W13: { open: "nginx that answers as WildFly's console does", closed: 'nginx' },
  W14: ORTHANC,
  W15: { open: 'Orthanc opened; nginx', closed: 'Orthanc closed; nginx' },
  W16: { simulated: 'OHIF before 3.12.1 is not installed' },
  W17: NGINX,
  W18: GOVERNANCE,
  S01: { open: 'NFS-Ganesha, *; the packs of Leadglass', closed: 'NFS-Ganesha, a host or a network' },
  S02: { open: 'Samba with guests; Samba with version 1', closed: 'Samba without' },
  S03: { open: 'vsftpd, anonymous', closed: 'vsftpd' },
  S04: { open: 'rsync without users; the packs of Leadglass', closed: 'rsync with users' },
  S05: { simulated: 'no object store is installed; nginx stays silent' },
  S06: { open: 'Orthanc opened (WebDAV)', closed: 'Orthanc closed; nginx' },
  S07: { open: 'vsftpd, anonymous', closed: 'vsftpd' },
  X01: { open: 'PostgreSQL, trust', closed: 'PostgreSQL, scram-sha-256' },
  X02: { simulated: 'neither MySQL nor SQL Server is installed' },
  X03: { open: 'Redis', closed: 'Redis with a password' },
  X04: { open: 'an MLLP listener of the test', closed: 'an MLLP listener that knows its senders' },
  X05: { simulated: 'neither RDP nor VNC is installed' },
  X06: { open: 'Net-SNMP, public', closed: 'Net-SNMP, another community' },
  X07: { open: 'OpenSSH with group1, CBC and MD5', closed: 'OpenSSH as Debian ships it' },
  X08: { open: 'OpenLDAP', closed: 'OpenLDAP without anonymous binds' },
  X09: { simulated: 'neither Docker nor Kubernetes is installed' },
  X10: { simulated: 'a closed UDP port and an open one, of ours' },
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
