import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Tag } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFile, cleanDataSet } from '../../packages/auditor/src/files/testing/build-file.ts';
import { knownPorts } from '../../packages/auditor/src/scan/known-ports.ts';
import { listen, startSimulatedPacs } from '../../packages/auditor/src/testing/simulated-pacs.ts';
import { Scope } from '../support/scope.ts';
import { runAudit, runAuditor } from './audit.ts';
import { CANARY, canariesBelow, canariesIn } from './canaries.ts';
import { DICOM_PORT, WEB_PORT } from './fleet.ts';
import { type RecordedDoor, recordDoor } from './wire.ts';

const scope = new Scope();
afterAll(() => scope.close());

const RUN_TIMEOUT_MS = 600_000;
/** An honest archive: it answers what it is asked, and holds the canary. */
const HONEST = '127.112.0.1';
/** Servers that tell everybody about the canary, asked or not. */
const TELLING = '127.112.0.2';
const LISTING = '127.112.0.3';
const NEIGHBOURS = '127.112.0.4';

const allFlags = [
  'counting',
  'default-logins',
  'idle-sockets',
  'absurd-length',
  'hl7-message',
  'share-content',
  'attestation',
];

const patient = Object.values(CANARY).join(' ');
const study = {
  '00080020': { vr: 'DA', Value: [CANARY.studyDate] },
  '00080050': { vr: 'SH', Value: [CANARY.accessionNumber] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: CANARY.name }] },
  '00100020': { vr: 'LO', Value: [CANARY.patientID] },
  '00100030': { vr: 'DA', Value: [CANARY.birthDate] },
};

/** An open Orthanc with DICOMweb, as far as it matters: it filters by StudyInstanceUID, and lists the canary if asked. */
function archivePages(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://archive.example');
  const json = (value: unknown, type = 'application/json'): void => {
    response.writeHead(200, { 'Content-Type': type });
    response.end(JSON.stringify(value));
  };
  const isSearch = /^\/dicom-web\/(studies|series|instances)$/.test(url.pathname);
  if (isSearch && request.method === 'GET') {
    const isFiltered = [...url.searchParams.keys()].some((key) => /UID|0020000D/i.test(key));
    json(isFiltered ? [] : [study], 'application/dicom+json');
  } else if (url.pathname === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<html><head><title>Orthanc Explorer</title></head><body></body></html>');
  } else if (url.pathname === '/system') json({ ApiVersion: 15, Name: 'Orthanc', Version: '1.9.7' });
  else if (url.pathname === '/statistics') json({ CountStudies: 7, CountInstances: 700 });
  else if (/^\/(patients|studies|series|instances|changes|worklists|tools\/find)$/.test(url.pathname)) {
    json([study]);
  } else {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end('{"OrthancError":"Unknown resource"}');
  }
}

/** Whatever is asked, the canary is in the answer: in title, body, cookie, realm, redirect. */
function tellingPages(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'Content-Type': 'text/html',
    'Set-Cookie': `patient=${CANARY.patientID}`,
    'WWW-Authenticate': `Basic realm="${CANARY.name}"`,
    'X-Patient': patient,
  });
  response.end(
    `<html><head><title>PACS of ${CANARY.name}</title></head><body>` +
      `<div class="worklist"><table><tr><td>${patient}</td></tr></table></div></body></html>`,
  );
}

/** A directory as Apache lists it, with a patient in every file's name. */
function listingPages(_request: IncomingMessage, response: ServerResponse): void {
  const links = [1, 2, 3].map((n) => `<a href="${CANARY.patientID}_${n}.dcm">${CANARY.name}_${n}.dcm</a>`);
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end(
    `<html><head><title>Index of /</title></head><body><h1>Index of /</h1><pre>${links.join('\n')}` +
      '<a href="DICOMDIR">DICOMDIR</a></pre></body></html>',
  );
}

async function web(
  address: string,
  pages: (request: IncomingMessage, response: ServerResponse) => void,
  port = WEB_PORT,
): Promise<number> {
  const server = createHttpServer(pages);
  const bound = await listen(server, address, port);
  scope.onClose(() => {
    server.closeAllConnections();
    server.close();
  });
  return bound;
}

/** A server of any other protocol: it greets with the canary and answers every line with it. */
async function neighbour(port: number): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.write(`220 ${patient}\r\n`);
    socket.on('data', () => void socket.write(`230 ${patient}\r\n`));
  });
  await listen(server, NEIGHBOURS, port);
  scope.onClose(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

/** Ports 21000 and up stand for the well-known ports of all protocols. */
const neighbourProtocols = [...new Set(knownPorts.values())];
const neighbourPorts = neighbourProtocols.map((_, index) => 21_000 + index);
const protocols = Object.fromEntries(
  neighbourPorts.map((port, index) => [port, neighbourProtocols[index] ?? '']),
);

describe('systems that hold a canary', () => {
  let dicomDoor: RecordedDoor;
  let webDoor: RecordedDoor;
  const temporary = scope.folder('temporary');
  const home = scope.folder('home');
  /** Where whatever the program leaves behind would be. */
  const environment = { TMPDIR: temporary, HOME: home, NODE_COMPILE_CACHE: join(home, 'compiled') };

  beforeAll(async () => {
    const pacs = await startSimulatedPacs({
      address: HONEST,
      studies: 7,
      patients: 7,
      canary: patient,
    });
    scope.onClose(async () => await pacs[Symbol.asyncDispose]());
    dicomDoor = await recordDoor(HONEST, DICOM_PORT, pacs.port);
    webDoor = await recordDoor(HONEST, WEB_PORT, await web(HONEST, archivePages, 0));
    scope.onClose(async () => await dicomDoor[Symbol.asyncDispose]());
    scope.onClose(async () => await webDoor[Symbol.asyncDispose]());
    const telling = await startSimulatedPacs({
      address: TELLING,
      port: DICOM_PORT,
      studies: 2_000,
      patients: 2_000,
      canary: patient,
    });
    scope.onClose(async () => await telling[Symbol.asyncDispose]());
    await web(TELLING, tellingPages);
    await web(LISTING, listingPages);
    for (const port of neighbourPorts) await neighbour(port);
  });

  const text = {
    ranges: [{ cidr: '127.112.0.0/29', country: 'DE' }],
    ports: [DICOM_PORT, WEB_PORT, ...neighbourPorts],
    protocols,
  };

  test(
    'without counting and with all else switched on, no byte of it crosses the wire',
    async () => {
      const run = await runAudit(
        scope,
        {
          ...text,
          ranges: [{ cidr: `${HONEST}/32` }],
          optIns: allFlags.filter((flag) => flag !== 'counting'),
        },
        environment,
      );
      expect(run.code).toBe(0);
      // It was found open, so it was asked.
      expect(run.report.systems[0]?.accessClasses).toEqual(expect.arrayContaining(['A3', 'A5', 'H']));
      expect(dicomDoor.sent().length).toBeGreaterThan(1_000);
      expect(webDoor.sent().length).toBeGreaterThan(1_000);
      expect(canariesIn(dicomDoor.sent())).toEqual([]);
      expect(canariesIn(webDoor.sent())).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'with everything switched on, none is in any report, letter, comparison, record, journal, output or temporary file',
    async () => {
      const run = await runAudit(scope, { ...text, optIns: allFlags }, environment);
      expect(run.code).toBe(0);
      expect(run.report.systems).toHaveLength(4);
      // Counting let the canary come, and the door saw it: what follows means something.
      expect(canariesIn(dicomDoor.sent())).toContain('Zephyrinecanary');
      expect(run.report.systems[0]?.counts.studies).toEqual({ value: 7, isLowerBound: false });
      const findings = join(run.folder, 'findings.json');
      const letters = await runAuditor(
        scope,
        ['letter', findings, '--out', join(run.folder, 'letters')],
        environment,
      );
      const compared = await runAuditor(
        scope,
        ['compare', findings, findings, '--out', join(run.folder, 'compared')],
        environment,
      );
      expect([letters.code, compared.code]).toEqual([0, 0]);
      const said = [run, letters, compared].map(({ stdout, stderr }) => stdout + stderr).join('');
      expect(canariesIn(Buffer.from(said))).toEqual([]);
      expect(canariesBelow([run.folder, temporary, home])).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'files that hold it are counted, and none is in what is said of them',
    async () => {
      const folder = scope.folder('images');
      const dataSet = cleanDataSet();
      dataSet.set(Tag.PatientName, CANARY.name);
      dataSet.set(Tag.PatientID, CANARY.patientID);
      dataSet.set(Tag.PatientBirthDate, CANARY.birthDate);
      dataSet.set(Tag.AccessionNumber, CANARY.accessionNumber);
      dataSet.set(Tag.SeriesDescription, `Thorax ${CANARY.name}`);
      mkdirSync(join(folder, CANARY.patientID));
      writeFileSync(join(folder, CANARY.patientID, `${CANARY.name}.dcm`), buildFile({ dataSet }));
      const out = join(scope.folder('told'), 'files.json');
      const run = await runAuditor(scope, ['files', folder, '--out', out, '--clamd', 'off'], environment);
      expect(run.stdout).toContain('P09');
      expect(canariesIn(Buffer.from(run.stdout + run.stderr))).toEqual([]);
      expect(canariesBelow([join(out, '..'), temporary, home])).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );
});
