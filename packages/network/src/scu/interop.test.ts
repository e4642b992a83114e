import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { DataSet, SOPClassUID, Tag, TransferSyntaxUID, readDataSet, transferSyntax } from '@leadglass/dicom';
import { writeDataSet, writePart10Header } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptAssociation } from '../association/index.ts';
import type { AssociationEnd, RequestHandler } from '../association/index.ts';
import { CommandField, Status, collectDataSet } from '../dimse/index.ts';
import { acceptEverything, requestTo, startAcceptor } from '../test-support/acceptor.ts';
import { echo, find, get, move, store } from './index.ts';

/** With Nagle's algorithm DCMTK waits 40 ms for each message. */
const env = { ...process.env, TCP_NODELAY: '1' };
const isInstalled = spawnSync('echoscu', ['--version']).status === 0;
const why = isInstalled ? '' : ' (skipped: DCMTK is not installed)';

const CT = SOPClassUID.CTImageStorage;
const FIND = SOPClassUID.StudyRootQueryRetrieveInformationModelFind;
const MOVE = SOPClassUID.StudyRootQueryRetrieveInformationModelMove;
const GET = SOPClassUID.StudyRootQueryRetrieveInformationModelGet;
const EXPLICIT = TransferSyntaxUID.ExplicitVRLittleEndian;
const STUDY = '1.2.826.0.1.3680043.10.1.1';

function syntax(uid: string): TransferSyntax {
  const known = transferSyntax(uid);
  if (known === undefined) throw new Error('unknown transfer syntax');
  return known;
}

function instance(number: number): { uid: string; dataSet: Uint8Array; file: Uint8Array } {
  const uid = `${STUDY}.1.${number}`;
  const dataSet = new DataSet();
  dataSet.set(Tag.SOPClassUID, CT);
  dataSet.set(Tag.SOPInstanceUID, uid);
  dataSet.set(Tag.StudyDate, '20260102');
  dataSet.set(Tag.Modality, 'CT');
  dataSet.set(Tag.PatientName, 'Test^Network');
  dataSet.set(Tag.PatientID, 'NET1');
  dataSet.set(Tag.StudyInstanceUID, STUDY);
  dataSet.set(Tag.SeriesInstanceUID, `${STUDY}.1`);
  dataSet.set(Tag.StudyID, '1');
  dataSet.set(Tag.InstanceNumber, String(number));
  dataSet.set(Tag.PixelData, Buffer.alloc(100_000 + 2 * number, number), 'OW');
  const bytes = writeDataSet(dataSet, syntax(EXPLICIT));
  const header = writePart10Header({
    sopClassUID: CT,
    sopInstanceUID: uid,
    transferSyntaxUID: EXPLICIT,
    implementationClassUID: '1.2.3',
    implementationVersionName: 'TEST',
  });
  return { uid, dataSet: bytes, file: Buffer.concat([header, bytes]) };
}

const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a server program and waits until its port answers. */
async function serve(command: string, args: string[], port: number): Promise<() => void> {
  const child = spawn(command, args, { env, stdio: 'ignore' });
  for (let i = 0; i < 100; i++) {
    await wait(50);
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isUp) return () => void child.kill();
  }
  child.kill();
  throw new Error(`${command} does not listen`);
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-network-'));
  for (let i = 1; i <= 3; i++) writeFileSync(join(folder, `${i}.dcm`), instance(i).file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!isInstalled)(`DCMTK's SCUs against this acceptor${why}`, () => {
  const received: { uid: string | undefined; bytes: Uint8Array }[] = [];
  const study = new DataSet();
  study.set(Tag.QueryRetrieveLevel, 'STUDY');
  study.set(Tag.PatientID, 'NET1');
  study.set(Tag.StudyInstanceUID, STUDY);

  const handler: RequestHandler = (request) => {
    const { command, presentationContext, association } = request;
    if (command.commandField === CommandField['C-ECHO-RQ']) return request.respond({ status: 0 });
    return collectDataSet(1 << 20, async (bytes) => {
      if (command.commandField === CommandField['C-STORE-RQ']) {
        received.push({ uid: command.affectedSOPInstanceUID, bytes });
      } else if (command.commandField === CommandField['C-FIND-RQ']) {
        await request.respond(
          { status: Status.pending },
          writeDataSet(study, syntax(presentationContext.transferSyntax)),
        );
      } else if (command.commandField === CommandField['C-GET-RQ']) {
        for (let i = 1; i <= 3; i++) {
          const { uid, dataSet } = instance(i);
          await store(association, {
            sopClassUID: CT,
            sopInstanceUID: uid,
            transferSyntaxUID: EXPLICIT,
            dataSet: [dataSet.subarray(0, 50_000), dataSet.subarray(50_000)],
          });
          await request.respond({
            status: Status.pending,
            numberOfRemainingSuboperations: 3 - i,
            numberOfCompletedSuboperations: i,
            numberOfFailedSuboperations: 0,
            numberOfWarningSuboperations: 0,
          });
        }
      }
      await request.respond({ status: 0 });
    });
  };

  test('echoscu, storescu, findscu, getscu', async () => {
    await using acceptor = await startAcceptor({ onRequest: handler });
    const peer = ['127.0.0.1', String(acceptor.port)];
    await run('echoscu', ['--repeat', '3', ...peer], { env });

    await run('storescu', ['--scan-directories', ...peer, folder], { env });
    const byUID = [...received].sort((a, b) => ((a.uid ?? '') < (b.uid ?? '') ? -1 : 1));
    expect(byUID.map(({ uid }) => uid)).toEqual([1, 2, 3].map((i) => instance(i).uid));
    const pixels = (bytes: Uint8Array): Buffer =>
      Buffer.from(readDataSet(bytes, syntax(EXPLICIT)).bytes(Tag.PixelData) ?? []);
    byUID.forEach(({ bytes }, i) => expect(pixels(bytes)).toEqual(pixels(instance(i + 1).dataSet)));

    const found = await run(
      'findscu',
      ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID', ...peer],
      {
        env,
      },
    );
    expect(found.stdout + found.stderr).toContain(STUDY);

    const got = join(folder, 'got');
    mkdirSync(got);
    await run(
      'getscu',
      ['-S', '-od', got, '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${STUDY}`, ...peer],
      {
        env,
      },
    );
    expect(readdirSync(got)).toHaveLength(3);
    expect(acceptor.handlerErrors).toEqual([]);
    expect(acceptor.associations.map((association) => association.end?.how)).toEqual(
      acceptor.associations.map(() => 'released'),
    );
  });
});

describe.skipIf(!isInstalled)(`this SCU against DCMTK's servers${why}`, () => {
  test('dcmqrscp: echo, store, find, get, move', async () => {
    const port = await freePort();
    const delivered: (string | undefined)[] = [];
    await using destination = await startAcceptor({
      onRequest: (request) =>
        collectDataSet(1 << 20, async () => {
          delivered.push(request.command.moveOriginatorAETitle);
          await request.respond({ status: 0 });
        }),
    });
    const area = join(folder, 'area');
    mkdirSync(area);
    writeFileSync(
      join(folder, 'qr.cfg'),
      [
        `NetworkTCPPort = ${port}`,
        'MaxPDUSize = 16384',
        'MaxAssociations = 16',
        'HostTable BEGIN',
        `us = (US, 127.0.0.1, ${destination.port})`,
        'HostTable END',
        'VendorTable BEGIN',
        'VendorTable END',
        'AETable BEGIN',
        `QR ${area} RW (9, 1024mb) ANY`,
        'AETable END',
      ].join('\n'),
    );
    const stop = await serve('dcmqrscp', ['-c', join(folder, 'qr.cfg')], port);
    try {
      const association = await requestTo(port, {
        callingAETitle: 'US',
        calledAETitle: 'QR',
        presentationContexts: [
          { abstractSyntax: SOPClassUID.Verification, transferSyntaxes: [EXPLICIT] },
          { abstractSyntax: CT, transferSyntaxes: [EXPLICIT], scuRole: true, scpRole: true },
          ...[FIND, MOVE, GET].map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [EXPLICIT] })),
        ],
      });
      await echo(association);
      for (let i = 1; i <= 3; i++) {
        const { uid, dataSet } = instance(i);
        const request = { sopClassUID: CT, sopInstanceUID: uid, transferSyntaxUID: EXPLICIT, dataSet };
        expect(await store(association, request)).toMatchObject({ status: 0 });
      }
      const identifier = new DataSet();
      identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
      identifier.set(Tag.StudyInstanceUID, STUDY);
      const encode = (uid: string): Uint8Array => writeDataSet(identifier, syntax(uid));
      let matches = 0;
      for await (const match of find(association, { sopClassUID: FIND, identifier: encode })) {
        expect(readDataSet(match, syntax(EXPLICIT)).string(Tag.StudyInstanceUID)).toBe(STUDY);
        matches++;
      }
      expect(matches).toBe(1);
      const stored: number[] = [];
      const onStore: RequestHandler = (request) =>
        collectDataSet(1 << 20, async (bytes) => {
          stored.push(bytes.length);
          await request.respond({ status: 0 });
        });
      let completed: number | undefined;
      for await (const step of get(association, { sopClassUID: GET, identifier: encode, onStore })) {
        completed = step.completed;
      }
      expect([completed, stored.length]).toEqual([3, 3]);
      for await (const step of move(association, {
        sopClassUID: MOVE,
        identifier: encode,
        moveDestination: 'US',
      })) {
        completed = step.completed;
      }
      expect([completed, delivered]).toEqual([3, ['US', 'US', 'US']]);
      await association.release();
    } finally {
      stop();
    }
  });

  test('storescp with PDUs of 4096 bytes: a data set in many fragments', async () => {
    const port = await freePort();
    const out = join(folder, 'out');
    mkdirSync(out);
    const stop = await serve('storescp', ['--max-pdu', '4096', '-od', out, String(port)], port);
    try {
      const association = await requestTo(port, {
        presentationContexts: [{ abstractSyntax: CT, transferSyntaxes: [EXPLICIT] }],
      });
      const { uid, dataSet } = instance(1);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < dataSet.length; at += 7_001) {
          await wait(0);
          yield dataSet.subarray(at, at + 7_001);
        }
      }
      const request = {
        sopClassUID: CT,
        sopInstanceUID: uid,
        transferSyntaxUID: EXPLICIT,
        dataSet: chunks(),
      };
      expect(await store(association, request)).toMatchObject({ status: 0 });
      await association.release();
      const [name = ''] = readdirSync(out);
      expect(readFileSync(join(out, name)).subarray(-1_000)).toEqual(Buffer.from(dataSet.subarray(-1_000)));
    } finally {
      stop();
    }
  });
});

const hasOpenSSL = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenSSL)(`over TLS${hasOpenSSL ? '' : ' (skipped: openssl is not installed)'}`, () => {
  test('both roles over mutual TLS 1.3', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    const credentials = { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(cert) };
    const ended = Promise.withResolvers<AssociationEnd>();
    const sizes: number[] = [];
    let encrypted = false;
    const server = tls.createServer(
      { ...credentials, requestCert: true, minVersion: 'TLSv1.3' },
      (socket) => {
        acceptAssociation(socket, {
          decide: (request, peer) => {
            encrypted = peer.encrypted;
            return acceptEverything(request);
          },
          onRequest: (request) =>
            collectDataSet(1 << 22, async (bytes) => {
              sizes.push(bytes.length);
              await request.respond({ status: 0 });
            }),
          onEnd: ended.resolve,
          implementationClassUID: '1.2.3',
          implementationVersionName: 'TEST',
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const association = await requestTo(port, {
      connect: () => tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...credentials }),
      presentationContexts: [{ abstractSyntax: CT, transferSyntaxes: [EXPLICIT] }],
    });
    const dataSet = Buffer.alloc(2_000_000, 9);
    const request = { sopClassUID: CT, sopInstanceUID: '1.2', transferSyntaxUID: EXPLICIT, dataSet };
    for (let i = 0; i < 3; i++) expect(await store(association, request)).toMatchObject({ status: 0 });
    await association.release();
    expect(await ended.promise).toMatchObject({ how: 'released' });
    expect([encrypted, sizes]).toEqual([true, [2_000_000, 2_000_000, 2_000_000]]);
    server.close();
  });

  test('a certificate that is not trusted is a failed connection', async () => {
    const credentials = {
      key: readFileSync(join(folder, 'key.pem')),
      cert: readFileSync(join(folder, 'cert.pem')),
    };
    const server = tls.createServer(credentials);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await expect(
      requestTo(port, { connect: () => tls.connect({ port, host: '127.0.0.1', servername: 'localhost' }) }),
    ).rejects.toMatchObject({ code: 'CONNECTION_FAILED', systemCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    server.close();
  });
});
