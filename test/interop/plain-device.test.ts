import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type AssociationRejected, echo, encodePdu, requestAssociation } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE_AE_TITLE, TestArchive } from '../support/archive.ts';
import { associateRequestTo } from '../support/associate-request.ts';
import { freePort } from '../support/free-port.ts';
import { Scope } from '../support/scope.ts';
import { exchange, TEST_IMPLEMENTATION } from '../support/tls-client.ts';
import { waitFor } from '../support/wait-for.ts';

const VERIFICATION = '1.2.840.10008.1.1';
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
const OLD_DEVICE = 'OLDCR';
const OLD_ADDRESS = '127.0.0.1';
/** Loopback is a whole network: another address of it is another machine as far as the archive can see. */
const OTHER_ADDRESS = '127.0.0.2';

const scope = new Scope();
let archive: TestArchive;
let plainPort: number;

beforeAll(async () => {
  plainPort = await freePort();
  archive = await TestArchive.create(scope, { config: `[dimse.plain]\nport = ${plainPort}` });
  await archive.addDevice(OLD_DEVICE, 'echo', { plainFrom: OLD_ADDRESS });
  await archive.start();
});
afterAll(() => scope.close());

function associateFrom(localAddress: string, callingAETitle = OLD_DEVICE, calledAETitle = ARCHIVE_AE_TITLE) {
  return requestAssociation({
    connect: () => connect({ host: '127.0.0.1', port: plainPort, localAddress }),
    callingAETitle,
    calledAETitle,
    presentationContexts: [{ abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN] }],
    ...TEST_IMPLEMENTATION,
  });
}

async function refusals(): Promise<(string | undefined)[]> {
  return (await archive.trail()).filter(({ outcome }) => outcome === 'refused').map(({ reason }) => reason);
}

describe('A device without TLS, named one by one (L1)', () => {
  test('is let in from its address, with its AE title and that of the archive', async () => {
    const association = await associateFrom(OLD_ADDRESS);
    await echo(association);
    await association.release();
    const entry = (await archive.trail()).find(({ verb }) => verb === 'echo');
    expect(entry).toMatchObject({ outcome: 'success', principal: { id: OLD_DEVICE, via: 'plain-address' } });
  });

  test('is not let in from another address: the connection ends before a byte comes back', async () => {
    await expect(associateFrom(OTHER_ADDRESS)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    const request = encodePdu(associateRequestTo(OLD_DEVICE, ARCHIVE_AE_TITLE, [VERIFICATION]));
    expect(await exchange(plainPort, request, 1500, OTHER_ADDRESS)).toHaveLength(0);
    await waitFor('the refusal', async () => (await refusals()).includes('UNKNOWN_PLAIN_ADDRESS'));
  });

  test.each([
    ['another calling AE title', 'OTHER', ARCHIVE_AE_TITLE],
    ['another called AE title', OLD_DEVICE, 'ANY-SCP'],
    ['the AE titles swapped', ARCHIVE_AE_TITLE, OLD_DEVICE],
  ])('is rejected with %s', async (_name, calling, called) => {
    const before = (await refusals()).length;
    const failure = await associateFrom(OLD_ADDRESS, calling, called).catch((error: unknown) => error);
    expect((failure as AssociationRejected).result).toBe('rejected-permanent');
    await waitFor('the refusal', async () => (await refusals()).length > before);
    expect((await refusals()).at(-1)).toBe('UNKNOWN_PLAIN_DEVICE');
  });
});

describe('Clear text is refused at the start', () => {
  let unsafe: TestArchive;
  beforeAll(async () => {
    unsafe = await TestArchive.create(scope);
    await unsafe.addDevice(OLD_DEVICE, 'echo', { plainFrom: OLD_ADDRESS });
  });

  test.each(['0.0.0.0', '8.8.8.8', '::'])(
    'on %s: the server does not start, and says why and what to do',
    async (host) => {
      const config = join(scope.folder('config'), 'unsafe.toml');
      writeFileSync(config, `[dimse.plain]\nhost = "${host}"\n`);
      const result = await unsafe.command(
        'serve',
        '--config',
        config,
        '--https-port',
        '0',
        '--dicom-tls-port',
        '0',
      );
      expect(result.code).not.toBe(0);
      expect(result.stdout).not.toContain('ready');
      expect(result.stderr).toMatch(/dimse\.plain\.host.*private or loopback/);
    },
  );

  test('without a plain device nothing listens in clear text', async () => {
    const port = await freePort();
    const strict = await TestArchive.create(scope, { config: `[dimse.plain]\nport = ${port}` });
    await strict.start();
    await expect(
      new Promise((resolve, reject) =>
        connect({ host: '127.0.0.1', port }).on('connect', resolve).on('error', reject),
      ),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await strict.stop()).toBe(0);
  });
});
