import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTLS } from 'node:tls';
import { encodePdu } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrailEntry } from '../../packages/server/src/audit-trail/index.ts';
import { ARCHIVE_AE_TITLE, TestArchive, type TestDevice } from '../support/archive.ts';
import { associateRequestTo } from '../support/associate-request.ts';
import { peerArguments, tlsArguments } from '../support/dcmtk.ts';
import { answersOf, associate, exchange } from '../support/tls-client.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, runTool, titleOf, type ToolResult } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';

const VERIFICATION = '1.2.840.10008.1.1';
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
/** A revoked device is out by then; the registry's watcher needs a moment. */
const REVOCATION_TIMEOUT_MS = 3_000;
/** First byte of a TLS record that is an alert (RFC 8446 5.1); a DICOM PDU begins with 01 to 07. */
const TLS_ALERT = 0x15;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;
let storeOnly: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('CTROOM1', 'echo,store,find,get,move');
  storeOnly = await archive.addDevice('STOREONLY', 'store');
  await archive.start();
});
afterAll(() => scope.close());

/** Runs something that must be refused, and waits for its entry in the trail. */
async function refusalOf<Result>(run: () => Promise<Result>): Promise<{ result: Result; entry: TrailEntry }> {
  const before = (await archive.trail()).at(-1)?.sequence ?? 0;
  const result = await run();
  const entry = await waitFor('the refusal in the trail', async () =>
    (await archive.trail(before + 1)).find(({ outcome }) => outcome === 'refused'),
  );
  const verified = await archive.verifyTrail();
  expect(verified.firstProblem).toBeUndefined();
  return { result, entry };
}

function echo(tls: readonly string[], as = device): Promise<ToolResult> {
  return runTool('echoscu', ['-v', ...tls, '-to', '5', '-ta', '5', ...peerArguments(as, archive.port)]);
}

const dcmtkReason = missingTools('echoscu', 'findscu', 'openssl');

describe.skipIf(dcmtkReason !== undefined)(
  titleOf('A stranger with DCMTK is refused, and recorded', dcmtkReason),
  () => {
    test('without a certificate (L1)', async () => {
      const { result, entry } = await refusalOf(() => echo(['+tla', '-ic']));
      expect(result.code).not.toBe(0);
      expect(result.output).not.toContain('Association Accepted');
      expect(entry).toMatchObject({
        verb: 'connect',
        reason: 'NO_CERTIFICATE',
        peer: { address: '127.0.0.1' },
      });
    });

    test("with another authority's certificate that has the right name in it", async () => {
      const forged = await forgeCertificate('CTROOM1');
      const { result, entry } = await refusalOf(() => echo(['+tls', forged.key, forged.cert, '-ic']));
      expect(result.code).not.toBe(0);
      expect(result.output).not.toContain('Association Accepted');
      expect(entry).toMatchObject({ verb: 'connect', reason: 'UNKNOWN_AUTHORITY' });
    });

    test('with a revoked certificate', async () => {
      const revoked = await archive.addDevice('REVOKED1', 'echo');
      expect((await echo(tlsArguments(revoked), revoked)).code).toBe(0);
      expect((await archive.command('device', 'revoke', 'REVOKED1')).code).toBe(0);
      const { result, entry } = await refusalOf(() => echo(tlsArguments(revoked), revoked));
      expect(result.code).not.toBe(0);
      expect(result.output).not.toContain('Association Accepted');
      expect(entry).toMatchObject({ verb: 'connect', reason: 'REVOKED' });
    });

    test('with a right certificate and the AE title of another device (PS3.8 Table 9-21: calling AE title)', async () => {
      const { result, entry } = await refusalOf(() =>
        echo(tlsArguments(device), { ...device, aeTitle: 'STOREONLY' }),
      );
      expect(result.output).toContain('Calling AE Title Not Recognized');
      expect(entry).toMatchObject({ principal: { id: 'STOREONLY' }, reason: 'CALLING_AE_TITLE_NOT_BOUND' });
    });

    test('with a wrong called AE title (PS3.8 Table 9-21: called AE title)', async () => {
      const args = ['-v', ...tlsArguments(device), '-aet', device.aeTitle, '-aec', 'ANY-SCP', '127.0.0.1'];
      const { result, entry } = await refusalOf(() => runTool('echoscu', [...args, String(archive.port)]));
      expect(result.output).toContain('Called AE Title Not Recognized');
      expect(entry).toMatchObject({ reason: 'CALLED_AE_TITLE_UNKNOWN', detail: { called: 'ANY-SCP' } });
    });

    test('for a verb that was not granted: no presentation context for it', async () => {
      const { result, entry } = await refusalOf(() => echo(tlsArguments(storeOnly), storeOnly));
      expect(result.code).not.toBe(0);
      expect(result.output).toContain('No Acceptable Presentation Contexts');
      expect(entry).toMatchObject({ principal: { id: 'STOREONLY' }, reason: 'VERB_NOT_GRANTED' });
      const find = ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID'];
      const asked = await refusalOf(() =>
        runTool('findscu', [
          '-v',
          ...tlsArguments(storeOnly),
          ...find,
          ...peerArguments(storeOnly, archive.port),
        ]),
      );
      expect(asked.result.output).toContain('No Acceptable Presentation Contexts');
      expect(asked.entry).toMatchObject({ principal: { id: 'STOREONLY' }, reason: 'VERB_NOT_GRANTED' });
    });

    async function forgeCertificate(commonName: string): Promise<{ key: string; cert: string }> {
      const folder = join(scope.folder('forged'), 'x');
      mkdirSync(folder);
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      const files = ['-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${commonName}`];
      const made = await runTool('openssl', ['req', '-x509', ...curve, ...files]);
      if (made.code !== 0) throw new Error(made.output);
      return { key, cert };
    }
  },
);

describe('Revocation', () => {
  test('ends the running associations of the device at once, and no others', async () => {
    const leaving = await archive.addDevice('LEAVING', 'echo');
    const contexts = [{ abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN] }];
    const ended = await associate(leaving, archive.port, contexts);
    const other = await associate(device, archive.port, contexts);
    expect((await archive.command('device', 'revoke', 'LEAVING')).code).toBe(0);
    await waitFor('the end of the association', () => ended.end, REVOCATION_TIMEOUT_MS);
    expect(ended.end).toMatchObject({ how: 'aborted', byPeer: true });
    expect(other.end).toBeUndefined();
    await other.release();
  });
});

describe('A raw socket learns nothing', () => {
  const request = encodePdu(associateRequestTo('CTROOM1', ARCHIVE_AE_TITLE, [VERIFICATION]));

  test.each([
    ['an A-ASSOCIATE-RQ in clear text', request],
    ['a C-ECHO without an association', Buffer.from('04000000004a', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['zeros', Buffer.alloc(70_000)],
    ['a TLS record of the longest length, cut short', Buffer.from('16030141000100', 'hex')],
  ])('%s', async (_name, bytes) => {
    const { result: answer, entry } = await refusalOf(() => exchange(archive.port, bytes));
    expect(entry).toMatchObject({ verb: 'connect', reason: 'TLS_HANDSHAKE_FAILED' });
    // TLS itself may say that it did not understand; nothing else may come.
    if (answer.length > 0) {
      expect(answer[0]).toBe(TLS_ALERT);
      expect(answer.length).toBeLessThanOrEqual(7);
    }
  });

  test('TLS without a certificate: the connection ends without one byte inside it, and it is in the trail', async () => {
    const { result, entry } = await refusalOf(async () => {
      const socket = connectTLS({ host: '127.0.0.1', port: archive.port, rejectUnauthorized: false });
      return await answersOf(socket, request);
    });
    expect(result.length).toBe(0);
    expect(entry).toMatchObject({ verb: 'connect', reason: 'NO_CERTIFICATE' });
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is not spoken (PS3.15 B.12)', async (version) => {
    const handshake = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTLS({
          host: '127.0.0.1',
          port: archive.port,
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          // OpenSSL 3 speaks the old versions only when it is told to forget about security.
          ciphers: 'DEFAULT@SECLEVEL=0',
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        socket.on('secureConnect', () => reject(new Error('the handshake succeeded')));
      });
    const { result, entry } = await refusalOf(handshake);
    expect(result).toMatch(/PROTOCOL_VERSION|ECONNRESET|SSL/);
    expect(entry).toMatchObject({ verb: 'connect', reason: 'TLS_HANDSHAKE_FAILED' });
  });
});

const nmapReason = missingTools('nmap');

describe.skipIf(nmapReason !== undefined)(titleOf('nmap', nmapReason), () => {
  test('dicom-ping finds no DICOM on the port', async () => {
    const script = ['-Pn', '-p', String(archive.port), '--script', 'dicom-ping,dicom-brute'];
    const { output, code } = await runTool('nmap', [...script, '127.0.0.1'], { timeoutMs: 50_000 });
    expect(code).toBe(0);
    expect(output).toContain('open');
    expect(output).not.toMatch(/DICOM Service Provider discovered|Any AET is accepted|Valid credentials/i);
  });
});

describe('After all that', () => {
  test('the archive still answers who may ask, and `leadglass trail verify` finds the trail whole', async () => {
    const association = await associate(device, archive.port, [
      { abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN] },
    ]);
    await association.release();
    const verified = await archive.command('trail', 'verify');
    expect(verified.output).not.toMatch(/changed|dropped|reordered|cut/);
    expect(verified.code).toBe(0);
  });
});
