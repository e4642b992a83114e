import { createServer, type AddressInfo, type Server } from 'node:net';
import { acceptAssociation } from '@leadglass/network';
import { afterEach, describe, expect, test } from 'vitest';
import { readConfig } from '../config/index.ts';
import { checkDoors, doorsOf } from './check-doors.ts';

const IMPLEMENTATION_CLASS_UID = '2.25.9';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

async function listen(serving: Server): Promise<number> {
  server = serving;
  await new Promise<void>((resolve) => serving.listen(0, '127.0.0.1', resolve));
  return (serving.address() as AddressInfo).port;
}

/** A listener that lets everybody associate, and knows no service. */
function openListener(): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined);
    acceptAssociation(socket, {
      decide: ({ presentationContexts }) => ({
        accept: true,
        presentationContexts: presentationContexts.map(({ id }) => ({
          id,
          result: 'abstract-syntax-not-supported',
        })),
      }),
      onRequest: () => undefined,
      onHandlerError: () => undefined,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: 'OPEN',
    });
  });
}

describe("a server's own doors", () => {
  test('are those of its configuration; clear text only when a device was named for it', () => {
    const config = readConfig(undefined);
    const protocols = (hasPlainDevices: boolean): string[] =>
      doorsOf(config, hasPlainDevices, {}).map(({ protocol }) => protocol);
    expect(protocols(false)).toEqual(['dicom-tls', 'https']);
    expect(protocols(true)).toEqual(['dicom-tls', 'dicom', 'https']);
    expect(doorsOf(config, false, { dicomTlsPort: '0', httpsPort: '4711' })).toEqual([
      { protocol: 'https', host: '127.0.0.1', port: 4711 },
    ]);
  });

  test('one that lets strangers associate is a danger, with the fix; that it answers at all is a warning', async () => {
    const port = await listen(openListener());
    const findings = await checkDoors([{ host: '127.0.0.1', port, protocol: 'dicom' }], 'pacs.example');
    const levelOf = (id: string): string | undefined => findings.find((one) => one.id === id)?.level;
    expect(levelOf('door-D02')).toBe('danger');
    expect(levelOf('door-D01')).toBe('warning');
    expect(levelOf('door-refuses')).toBe('ok');
    const found = findings.find(({ id }) => id === 'door-D03');
    expect(found?.what).toContain(`127.0.0.1:${port} (clear-text DICOM): Any calling AE title is accepted`);
    expect(found?.next).toMatch(/\w{4}/);
  });

  test('one at which nobody listens is named, and nothing is said about it', async () => {
    const port = await listen(createServer());
    server?.close();
    const findings = await checkDoors([{ host: '127.0.0.1', port, protocol: 'https' }], 'pacs.example');
    expect(findings.map(({ id, level }) => `${id} ${level}`)).toEqual(['door-silent note']);
  });

  test('one that hangs up on everybody is no alarm, and is not passed over', async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    const findings = await checkDoors([{ host: '127.0.0.1', port, protocol: 'dicom-tls' }], 'pacs.example');
    expect(findings.map(({ id, level }) => `${id} ${level}`)).toEqual(['door-unknown note']);
  });
});
