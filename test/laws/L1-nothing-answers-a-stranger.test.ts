import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOPClassUID } from '@leadglass/dicom';
import { encodePdu } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE_AE_TITLE, TestArchive } from '../support/archive.ts';
import { associateRequestTo } from '../support/associate-request.ts';
import { Scope } from '../support/scope.ts';
import { answersOf, connectAs } from '../support/tls-client.ts';
import { waitFor } from '../support/wait-for.ts';

/** A SOP class for every verb that a device may have. */
const SERVICES = [
  ['echo', SOPClassUID.Verification],
  ['store', SOPClassUID.CTImageStorage],
  ['find', '1.2.840.10008.5.1.4.1.2.2.1'],
  ['move', '1.2.840.10008.5.1.4.1.2.2.2'],
  ['get', '1.2.840.10008.5.1.4.1.2.2.3'],
  ['commit', '1.2.840.10008.1.20.1'],
] as const;

const scope = new Scope();
let archive: TestArchive;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  await archive.addDevice('CTROOM1', 'echo,store,find,get,move');
});
afterAll(() => scope.close());

describe('L1: nothing answers a stranger', () => {
  test.each(['0.0.0.0', '198.51.100.7', '2001:db8::1'])(
    'clear text on %s: the server refuses to start, says why and what to do',
    async (host) => {
      const config = join(scope.folder('config'), 'public.toml');
      writeFileSync(config, `[dimse.plain]\nhost = "${host}"\n`);
      const ports = ['--https-port', '0', '--dicom-tls-port', '0'];
      const refused = await archive.command('serve', '--config', config, ...ports);
      expect(refused.code).not.toBe(0);
      expect(refused.stdout).not.toContain('ready');
      expect(refused.stderr).toMatch(/dimse\.plain\.host.*private or loopback.*certificate/s);
    },
  );

  test('without a certificate no verb gets as much as an answer, and each try is recorded', async () => {
    await archive.start();
    for (const [verb, sopClassUID] of SERVICES) {
      const before = (await archive.trail()).at(-1)?.sequence ?? 0;
      const request = encodePdu(associateRequestTo('CTROOM1', ARCHIVE_AE_TITLE, [sopClassUID]));
      const answer = await answersOf(connectAs(undefined, archive.port), request);
      expect(`${verb}: ${answer.length} bytes`).toBe(`${verb}: 0 bytes`);
      await waitFor('the refusal', async () =>
        (await archive.trail(before + 1)).some(({ reason }) => reason === 'NO_CERTIFICATE'),
      );
    }
  });
});
