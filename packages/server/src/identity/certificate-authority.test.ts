import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority, IdentityError } from './index.ts';

const hasOpenSSL = spawnSync('openssl', ['version']).status === 0;
const reason = hasOpenSSL ? '' : ' (skipped: the openssl command is not installed)';
const folder = mkdtempSync(join(tmpdir(), 'leadglass-ca-'));
let authority: CertificateAuthority;
let caKeyPem: string;

beforeAll(async () => {
  ({ authority, keyPem: caKeyPem } = await CertificateAuthority.create({ commonName: 'Test CA' }));
  writeFileSync(join(folder, 'ca.pem'), authority.certPem);
});
afterAll(() => rmSync(folder, { recursive: true }));

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a device without a destination may be a TLS client only, so that its key cannot pass for the archive', async () => {
  const caller = await authority.issue({ commonName: 'CT1', kind: 'device' });
  expect(new X509Certificate(caller.certPem).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  const destination = await authority.issue({
    commonName: 'WS1',
    kind: 'device',
    hosts: ['ws1.hospital.example'],
  });
  const certificate = new X509Certificate(destination.certPem);
  expect(certificate.keyUsage).toHaveLength(2);
  expect(certificate.checkHost('ws1.hospital.example')).toBeDefined();
  expect(certificate.ca).toBe(false);
});

test('every AE title stands in the subject as it is, and cannot add a name of its own', async () => {
  for (const aeTitle of ['A+B,"x=', 'CN=evil', 'A/O=X', '#0102', 'A B']) {
    const { certPem } = await authority.issue({ commonName: aeTitle, kind: 'device' });
    const certificate = new X509Certificate(certPem);
    expect(certificate.toLegacyObject().subject).toMatchObject({ O: 'Leadglass', CN: aeTitle });
  }
});

test('opens again with its key, and with no other', async () => {
  const again = await CertificateAuthority.open({ certPem: authority.certPem, keyPem: caKeyPem });
  const { certPem } = await again.issue({ commonName: 'CT1', kind: 'device' });
  expect(new X509Certificate(certPem).verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
  const other = await CertificateAuthority.create({ commonName: 'Other' });
  await expect(
    CertificateAuthority.open({ certPem: authority.certPem, keyPem: other.keyPem }),
  ).rejects.toThrow(expect.objectContaining({ code: 'KEY_DOES_NOT_MATCH_CERTIFICATE' }));
});

test('validity is what was asked for, never beyond the authority, never nothing', async () => {
  const { notAfter } = await authority.issue({ commonName: 'CT1', kind: 'device', validityDays: 10 });
  expect(Math.round((notAfter - Date.now()) / 86_400_000)).toBe(10);
  const long = await authority.issue({ commonName: 'CT1', kind: 'device', validityDays: 3650 });
  expect(long.notAfter).toBeLessThanOrEqual(new X509Certificate(authority.certPem).validToDate.getTime());
  for (const validityDays of [0, -1, 99_999, Number.NaN]) {
    await expect(authority.issue({ commonName: 'CT1', kind: 'device', validityDays })).rejects.toThrow(
      IdentityError,
    );
  }
});

describe.skipIf(!hasOpenSSL)(`judged by the openssl command${reason}`, () => {
  test('authority, server and device certificates verify for their purpose and no other', async () => {
    const device = await authority.issue({ commonName: 'CT1', kind: 'device' });
    const server = await authority.issue({
      commonName: 'LEADGLASS',
      kind: 'server',
      hosts: ['localhost', '::1', '10.0.0.1'],
    });
    writeFileSync(join(folder, 'device.pem'), device.certPem);
    writeFileSync(join(folder, 'server.pem'), server.certPem);
    const verify = (...args: string[]): string =>
      openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', ...args);
    expect(verify('-purpose', 'sslclient', 'device.pem')).toContain('OK');
    expect(() => verify('-purpose', 'sslserver', 'device.pem')).toThrow();
    expect(verify('-purpose', 'sslserver', '-verify_hostname', 'localhost', 'server.pem')).toContain('OK');
    expect(verify('-verify_ip', '10.0.0.1', 'server.pem')).toContain('OK');
  });

  test.each([
    ['EC P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['EC P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA 2048', ['rsa:2048']],
    ['Ed25519', ['ed25519']],
  ])('a request with an %s key is signed; name and extensions in it are ignored', async (_name, key) => {
    const extension = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'subjectAltName=DNS:leadglass',
    ];
    openssl(
      'req',
      '-new',
      '-newkey',
      ...key,
      '-nodes',
      '-keyout',
      'k.pem',
      '-subj',
      '/CN=LEADGLASS',
      ...extension,
      '-out',
      'r.csr',
    );
    const { certPem } = await authority.signCSR(readFileSync(join(folder, 'r.csr'), 'utf8'), {
      commonName: 'CT9',
      kind: 'device',
    });
    writeFileSync(join(folder, 'signed.pem'), certPem);
    expect(
      openssl('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'signed.pem'),
    ).toContain('OK');
    const certificate = new X509Certificate(certPem);
    expect(certificate.subject).toBe('O=Leadglass\nCN=CT9');
    expect(certificate.ca).toBe(false);
    expect(certificate.subjectAltName).toBeUndefined();
  });

  test.each([
    ['RSA 1024', ['rsa:1024']],
    ['EC secp256k1', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
    ['EC P-521', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['Ed448', ['ed448']],
  ])('a request with an %s key is refused', async (_name, key) => {
    openssl(
      'req',
      '-new',
      '-newkey',
      ...key,
      '-nodes',
      '-keyout',
      'k.pem',
      '-subj',
      '/CN=x',
      '-out',
      'r.csr',
    );
    const pem = readFileSync(join(folder, 'r.csr'), 'utf8');
    await expect(authority.signCSR(pem, { commonName: 'CT9', kind: 'device' })).rejects.toThrow(
      expect.objectContaining({ code: 'CERTIFICATE_REQUEST_KEY' }),
    );
  });

  test('a changed request is refused, whichever byte of what is signed it was', async () => {
    openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'k.pem',
      '-subj',
      '/CN=x',
      '-outform',
      'DER',
      '-out',
      'r.der',
    );
    const der = readFileSync(join(folder, 'r.der'));
    // CertificationRequestInfo (RFC 2986 section 4) with its short header; the outer lengths are not signed.
    const end = 5 + (der[4] ?? 0);
    for (let at = 3; at < end; at += 1) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0x04;
      const body = changed.toString('base64').replace(/.{64}/g, '$&\n');
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
      await expect(authority.signCSR(pem, { commonName: 'CT9', kind: 'device' })).rejects.toThrow(
        IdentityError,
      );
    }
  });
});

test.each([
  '',
  'hello',
  '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
  'x'.repeat(100_000),
])('what is no request is refused (%#)', async (pem) => {
  await expect(authority.signCSR(pem, { commonName: 'CT9', kind: 'device' })).rejects.toThrow(
    expect.objectContaining({ code: 'CERTIFICATE_REQUEST_UNREADABLE' }),
  );
});
