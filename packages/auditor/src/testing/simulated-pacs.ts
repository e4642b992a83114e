import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { TLSSocket, createServer as createTlsServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CommandField,
  acceptAssociation,
  collectDataSet,
  encodeCommand,
  encodePdu,
} from '@leadglass/network';
import type { AssociateDecision, AssociateRequest, IncomingRequest } from '@leadglass/network';

/** How a simulated system treats strangers. */
export type SimulatedForm =
  /** Answers everybody everything. */
  | 'open'
  /** Associates and echoes, refuses queries with 0124, like an archive that knows its peers by title. */
  | 'refuses-queries'
  /** Ends the association at the first query, as Orthanc does to unknown titles. */
  | 'aborts-queries'
  /** A-ASSOCIATE-RJ without a reason to everybody. */
  | 'rejects'
  /** Knows its own title, and says so (1/1/7). */
  | 'checks-called'
  /** Knows its peers' titles, and says so (1/1/3). */
  | 'checks-calling'
  /** Says yes to everything, to nonsense too. */
  | 'honeypot';

export interface SimulatedPacsOptions {
  readonly form?: SimulatedForm;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default any free port. */
  readonly port?: number;
  readonly tls?: TlsOptions;
  /** Ends TLS connections that show no certificate, and takes any that do. */
  readonly needsAnyCertificate?: boolean;
  /** Study records a count finds. */
  readonly studies?: number;
  readonly patients?: number;
  /** The title 'checks-called' knows; any calling title is then welcome. */
  readonly aeTitle?: string;
  /** Abstract syntaxes it offers; default: all that anybody proposes, except what does not exist. */
  readonly offers?: (abstractSyntax: string) => boolean;
  /** Answers user identity (type 2): 'ignores' takes any, 'checks' rejects all. */
  readonly userIdentity?: 'ignores' | 'checks';
  readonly relationalQueries?: boolean;
  /** Status of C-GET and C-MOVE for a UID it does not hold. */
  readonly retrieveStatus?: number;
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
  /** For an association that never gets whole. */
  readonly artimMs?: number;
  /** Most connections at once; further ones are closed. */
  readonly connectionsMax?: number;
  /** Stands in every record it answers with; must never be seen again. */
  readonly canary?: string;
}

export interface SimulatedPacs extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Requests seen, by their Command Field. */
  readonly requests: ReadonlyMap<number, number>;
  /** A-ASSOCIATE-RQ seen. */
  readonly associations: () => number;
}

/** A peer without a certificate has an empty one. */
const hasCertificate = (socket: TLSSocket): boolean => Object.keys(socket.getPeerCertificate()).length > 0;

const OFFICIAL = /^1\.(2\.840\.10008|3\.12\.2\.1107)\./;

/** Starts a system on loopback. It is cheap: a listener and nothing else until somebody calls. */
export async function startSimulatedPacs(options: SimulatedPacsOptions = {}): Promise<SimulatedPacs> {
  const requests = new Map<number, number>();
  let associations = 0;
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (sockets.size > (options.connectionsMax ?? Number.POSITIVE_INFINITY)) {
      socket.destroy();
      return;
    }
    if (options.needsAnyCertificate === true && socket instanceof TLSSocket && !hasCertificate(socket)) {
      socket.destroy();
      return;
    }
    acceptAssociation(socket, {
      decide: (request) => {
        associations++;
        return decide(request, options);
      },
      onRequest: (request) => {
        requests.set(request.command.commandField, (requests.get(request.command.commandField) ?? 0) + 1);
        return handle(request, options, socket);
      },
      onHandlerError: () => {},
      timeouts: { artimMs: options.artimMs ?? 30_000 },
      implementationClassUID: options.implementationClassUID ?? '1.2.826.0.1.3680043.10.1487.1',
      implementationVersionName: options.implementationVersionName ?? 'SIMULATED_1',
    });
  };
  const server = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
  server.on('tlsClientError', () => {});
  const address = options.address ?? '127.0.0.1';
  const port = await listen(server, address, options.port ?? 0);
  return {
    address,
    port,
    requests,
    associations: () => associations,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Listens and tells the port. */
export async function listen(server: Server, address: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  return bound.port;
}

function decide(request: AssociateRequest, options: SimulatedPacsOptions): AssociateDecision {
  const form = options.form ?? 'open';
  const refuse = (
    reason: 'no-reason-given' | 'called-AE-title-not-recognized' | 'calling-AE-title-not-recognized',
  ) => ({ accept: false, result: 'rejected-permanent', source: 'service-user', reason }) as const;
  if (form === 'rejects') return refuse('no-reason-given');
  if (form === 'checks-calling') return refuse('calling-AE-title-not-recognized');
  if (form === 'checks-called' && request.calledAETitle !== (options.aeTitle ?? 'ARCHIVE')) {
    return refuse('called-AE-title-not-recognized');
  }
  const { userIdentity, extendedNegotiation } = request.userInformation;
  if (options.userIdentity === 'checks' && userIdentity !== undefined) return refuse('no-reason-given');
  const isTrap = form === 'honeypot';
  const offers = options.offers ?? (() => true);
  return {
    accept: true,
    presentationContexts: request.presentationContexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
      const known = transferSyntaxes.find((uid) => isTrap || OFFICIAL.test(uid));
      if (!isTrap && !(OFFICIAL.test(abstractSyntax) && offers(abstractSyntax))) {
        return { id, result: 'abstract-syntax-not-supported' };
      }
      return known === undefined
        ? { id, result: 'transfer-syntaxes-not-supported' }
        : { id, result: 'acceptance', transferSyntax: known, scuRole: true, scpRole: true };
    }),
    extendedNegotiation: options.relationalQueries === true ? extendedNegotiation : [],
  };
}

function handle(
  request: IncomingRequest,
  options: SimulatedPacsOptions,
  socket: Socket,
): ReturnType<typeof collectDataSet> | undefined {
  const form = options.form ?? 'open';
  const { commandField } = request.command;
  if (commandField === CommandField['C-ECHO-RQ']) {
    void request.respond({ status: 0x0000 });
    return undefined;
  }
  if (form === 'aborts-queries') {
    request.association.abort();
    return undefined;
  }
  return collectDataSet(IDENTIFIER_MAX_BYTES, async (identifier) => {
    const { retrieveStatus } = options;
    if (form === 'refuses-queries') await request.respond({ status: 0x0124 });
    else if (retrieveStatus !== undefined && commandField !== CommandField['C-FIND-RQ'])
      await request.respond({ status: retrieveStatus });
    else if (commandField === CommandField['C-FIND-RQ']) await find(request, identifier, options, socket);
    else if (commandField === CommandField['C-MOVE-RQ']) await request.respond({ status: 0xa801 });
    else await request.respond({ status: 0x0000, numberOfCompletedSuboperations: 0 });
  });
}

const IDENTIFIER_MAX_BYTES = 64 * 1024;

/** Everything for an empty unique key, nothing for a UID nobody has; a trap has something for everybody. */
async function find(
  request: IncomingRequest,
  identifier: Uint8Array,
  options: SimulatedPacsOptions,
  socket: Socket,
): Promise<void> {
  const bytes = Buffer.from(identifier);
  const isPatientLevel = bytes.includes('PATIENT');
  const isCount = bytes.includes(Buffer.from(isPatientLevel ? EMPTY_PATIENT_ID : EMPTY_STUDY_UID, 'hex'));
  const all = (isPatientLevel ? options.patients : options.studies) ?? 0;
  const matches = isCount ? all : options.form === 'honeypot' ? 1 : 0;
  const match = pendingResponse(request, matchOf(options.canary ?? 'SIMULATED^RECORD'));
  for (let sent = 0; sent < matches && !request.signal.aborted; sent += RESPONSES_AT_ONCE) {
    const count = Math.min(RESPONSES_AT_ONCE, matches - sent);
    const isTaken = socket.write(Buffer.concat(Array.from({ length: count }, () => match)));
    // A cancel must be heard between two writes.
    await (isTaken ? nextTurn() : Promise.race([once(socket, 'drain'), once(socket, 'close')]));
  }
  await request.respond({ status: request.signal.aborted ? 0xfe00 : 0x0000 });
}

/** Matches in one write: a thousand systems that count for a test must not need a processor each. */
const RESPONSES_AT_ONCE = 50;

/** One pending response as it goes over the wire, made once: each match is like the other. */
function pendingResponse({ command, presentationContext }: IncomingRequest, match: Uint8Array): Buffer {
  const response = encodeCommand(
    {
      commandField: CommandField['C-FIND-RSP'],
      affectedSOPClassUID: command.affectedSOPClassUID,
      messageIDBeingRespondedTo: command.messageID,
      status: 0xff00,
    },
    true,
  );
  const pdus = [
    { isCommand: true, data: response },
    { isCommand: false, data: match },
  ].map((part) => {
    const pdv = { ...part, presentationContextID: presentationContext.id, isLast: true };
    return encodePdu({ type: 'P-DATA-TF', pdvs: [pdv] });
  });
  return Buffer.concat(pdus);
}

/** (0020,000D) and (0010,0020) with zero length, Implicit VR Little Endian. */
const EMPTY_STUDY_UID = '20000d0000000000';
const EMPTY_PATIENT_ID = '1000200000000000';

/** A record with a PatientName (0010,0010), Implicit VR Little Endian. */
function matchOf(name: string): Uint8Array {
  const text = name.length % 2 === 0 ? name : `${name} `;
  const bytes = Buffer.alloc(8 + text.length);
  bytes.writeUInt16LE(0x0010, 0);
  bytes.writeUInt16LE(0x0010, 2);
  bytes.writeUInt32LE(text.length, 4);
  bytes.write(text, 8, 'latin1');
  return bytes;
}

export interface SimulatedPage {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SimulatedWeb extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** 'GET /path' of every request, in order. */
  readonly requests: readonly string[];
}

/** A web server that answers from a table: 'GET /statistics', or '/statistics' for any method; 404 otherwise. */
export async function startSimulatedWeb(
  pages: Readonly<Record<string, SimulatedPage>>,
  options: { address?: string; port?: number; tls?: TlsOptions } = {},
): Promise<SimulatedWeb> {
  const requests: string[] = [];
  const answer: Parameters<typeof createHttpServer>[1] = (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    requests.push(`${request.method ?? ''} ${path}`);
    const page = pages[`${request.method ?? ''} ${path}`] ?? pages[path] ?? { status: 404 };
    response.writeHead(page.status ?? 200, page.headers ?? {});
    response.end(page.body ?? '');
  };
  const server =
    options.tls === undefined ? createHttpServer(answer) : createHttpsServer(options.tls, answer);
  server.on('clientError', (_error, socket) => socket.destroy());
  const address = options.address ?? '127.0.0.1';
  const port = await listen(server, address, options.port ?? 0);
  return {
    address,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The counters an open Orthanc shows: what systems of a study are counted by. */
export function orthancPages(counters: { studies: number; images: number }): Record<string, SimulatedPage> {
  const json = { 'Content-Type': 'application/json', Server: 'Mongoose' };
  return {
    'GET /': {
      headers: { 'Content-Type': 'text/html' },
      body: '<html><head><title>Orthanc Explorer</title></head></html>',
    },
    'GET /system': {
      headers: json,
      body: JSON.stringify({ Name: 'Orthanc', Version: '1.9.7', ApiVersion: 15 }),
    },
    'GET /statistics': {
      headers: json,
      body: JSON.stringify({ CountStudies: counters.studies, CountInstances: counters.images }),
    },
  };
}
