import { readFileSync } from 'node:fs';
import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTLS, type ConnectionOptions, TLSSocket } from 'node:tls';
import {
  decodeControlPdu,
  DICOM_APPLICATION_CONTEXT_NAME,
  encodePdu,
  type ProposedPresentationContext,
  type RoleSelection,
} from '@leadglass/network';
import type { Target } from './jobs.ts';
import { PduScanner } from './pdu-scanner.ts';

/** Offered to every peer, the most that DCMTK's tools ever use. */
const MAXIMUM_LENGTH = 131_072;
const READ_BUFFER_BYTES = 256 * 1024;
const OPEN_TIMEOUT_MS = 30_000;
const RELEASE_TIMEOUT_MS = 5_000;
const A_ASSOCIATE_AC = 0x02;
export const IMPLEMENTATION_CLASS_UID = '2.25.262086406829110419931297894772577063974';

export interface Proposal {
  readonly contexts: readonly ProposedPresentationContext[];
  readonly roles?: readonly RoleSelection[];
}

/**
 * An association as thin as it can be: PDUs ready made go out, of what comes in only commands are looked at, reads go
 * to one buffer that is used again and again.
 */
export class RawAssociation {
  onCommand: (command: Buffer) => void = () => undefined;
  onDataSetEnd: () => void = () => undefined;
  /** The association is gone though nobody released it. */
  onBroken: (reason: string) => void = () => undefined;
  readonly maximumLength: number;
  readonly transport: string;
  readonly #socket: Socket;
  readonly #scanner: PduScanner;
  #releasing = false;
  #closed = false;

  private constructor(socket: Socket, scanner: PduScanner, accepted: { maximumLength: number }) {
    this.#socket = socket;
    this.#scanner = scanner;
    this.maximumLength = accepted.maximumLength;
    this.transport = transportOf(socket);
    socket.on('error', (error) => this.#broke(error.message));
    socket.on('close', () => this.#broke('the connection was closed'));
  }

  /** @throws Error when the peer cannot be reached, or does not accept every context */
  static open(target: Target, proposal: Proposal): Promise<RawAssociation> {
    return new Promise((resolve, reject) => {
      let association: RawAssociation | undefined;
      const fail = (reason: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new Error(reason));
      };
      const timer = setTimeout(() => fail('no answer to A-ASSOCIATE-RQ'), OPEN_TIMEOUT_MS);
      const scanner = new PduScanner({
        control: (type, body) => {
          if (association !== undefined) return association.#control(type);
          const refusal = refusalIn(type, body);
          if (refusal.reason !== undefined) return fail(refusal.reason);
          clearTimeout(timer);
          socket.removeAllListeners('error').removeAllListeners('close');
          association = new RawAssociation(socket, scanner, refusal);
          resolve(association);
        },
        command: (bytes) => association?.onCommand(bytes),
        dataSetEnd: () => association?.onDataSetEnd(),
      });
      const { certificateFolder } = target;
      const secrets = certificateFolder === undefined ? undefined : certificates(certificateFolder);
      const socket = dial(target, secrets, (chunk) => scanner.push(chunk));
      socket.setNoDelay(true);
      socket.once('error', (error) => fail(error.message));
      socket.once('close', () => fail('closed before it was accepted'));
      socket.write(associateRequest(target, proposal));
    });
  }

  /** Bytes of data sets that came in. */
  get dataBytes(): number {
    return this.#scanner.dataBytes;
  }

  write(bytes: Buffer, more?: Buffer): void {
    if (more === undefined || more.length === 0) {
      this.#socket.write(bytes);
      return;
    }
    this.#socket.cork();
    this.#socket.write(bytes);
    this.#socket.write(more);
    this.#socket.uncork();
  }

  /** Releases it; a peer that does not answer is left. */
  release(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#releasing = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), RELEASE_TIMEOUT_MS);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.write(encodePdu({ type: 'A-RELEASE-RQ' }));
    });
  }

  #control(type: number): void {
    if (this.#releasing) this.#socket.end();
    else this.#broke(`PDU of type ${type}`);
  }

  #broke(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#releasing) {
      this.#socket.destroy();
      this.onBroken(reason);
    }
  }
}

/** Protocol and cipher, or 'clear'. */
export function transportOf(socket: Socket): string {
  return socket instanceof TLSSocket ? `${socket.getProtocol() ?? '?'} ${socket.getCipher().name}` : 'clear';
}

/**
 * Connects, all reads going to one buffer.
 * @param tls clear text when absent
 * @param onChunk what it is given is only valid during the call
 */
export function dial(
  { host, port }: { readonly host: string; readonly port: number },
  tls: ConnectionOptions | undefined,
  onChunk: (chunk: Buffer) => void,
): Socket {
  const onread: OnReadOpts = {
    buffer: Buffer.alloc(READ_BUFFER_BYTES),
    callback(length, buffer) {
      onChunk(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    },
  };
  if (tls === undefined) return connectPlain({ host, port, onread });
  // Documented for TLS too, but not in the declarations.
  const options: ConnectionOptions & { onread: OnReadOpts } = {
    host,
    port,
    onread,
    ...tls,
  };
  return connectTLS(options);
}

const read = new Map<string, { key: Buffer; cert: Buffer; ca: Buffer }>();

function certificates(folder: string): { key: Buffer; cert: Buffer; ca: Buffer } {
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const known = read.get(folder) ?? { key: file('key.pem'), cert: file('cert.pem'), ca: file('ca.pem') };
  read.set(folder, known);
  return known;
}

function associateRequest(target: Target, { contexts, roles = [] }: Proposal): Buffer {
  return encodePdu({
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: target.calledAETitle,
    callingAETitle: target.callingAETitle,
    applicationContextName: DICOM_APPLICATION_CONTEXT_NAME,
    presentationContexts: contexts,
    userInformation: {
      maximumLength: MAXIMUM_LENGTH,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: 'LEADGLASS_BENCH',
      roleSelections: roles,
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
    },
  });
}

function refusalIn(type: number, body: Buffer): { reason?: string; maximumLength: number } {
  if (type !== A_ASSOCIATE_AC)
    return { reason: `not accepted: PDU ${type}, ${body.toString('hex')}`, maximumLength: 0 };
  const pdu = decodeControlPdu(type, body);
  if (pdu.type !== 'A-ASSOCIATE-AC') return { reason: 'not accepted', maximumLength: 0 };
  const refused = pdu.presentationContexts.find(({ result }) => result !== 'acceptance');
  if (refused !== undefined) return { reason: `context ${refused.id}: ${refused.result}`, maximumLength: 0 };
  return { maximumLength: pdu.userInformation.maximumLength ?? 0 };
}
