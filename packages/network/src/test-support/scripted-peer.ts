import net from 'node:net';
import { encodeCommand } from '../dimse/index.ts';
import type { CommandFields } from '../dimse/index.ts';
import { DICOM_APPLICATION_CONTEXT_NAME, PduReader, encodePdu } from '../pdu/index.ts';
import type { AssociateRequest, Pdu, PresentationDataValue } from '../pdu/index.ts';

/** Longest wait for the other side; a test that needs it has failed. */
const WAIT_MS = 5_000;

export const VERIFICATION = '1.2.840.10008.1.1';
export const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
export const IMPLICIT_LE = '1.2.840.10008.1.2';
export const EXPLICIT_LE = '1.2.840.10008.1.2.1';

/** An A-ASSOCIATE-RQ with Verification on 1 and CT Image Storage on 3. */
export function associateRequestOf(changes: Partial<AssociateRequest> = {}): AssociateRequest {
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: 'LEADGLASS',
    callingAETitle: 'PEER',
    applicationContextName: DICOM_APPLICATION_CONTEXT_NAME,
    presentationContexts: [
      { id: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LE] },
      { id: 3, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_LE, IMPLICIT_LE] },
    ],
    userInformation: {
      maximumLength: 16_384,
      implementationClassUID: '1.2.3.4',
      implementationVersionName: 'PEER',
      roleSelections: [],
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
    },
    ...changes,
  };
}

/** A P-DATA-TF PDU with one PDV that holds a whole command set. */
export function commandPdu(contextID: number, fields: CommandFields, hasDataSet = false): Buffer {
  return encodePdu(pdataOf(contextID, encodeCommand(fields, hasDataSet), { isCommand: true }));
}

/** A P-DATA-TF with one PDV, by default the last fragment of a data set. */
export function pdataOf(
  contextID: number,
  data: Uint8Array,
  flags: Partial<PresentationDataValue> = {},
): Pdu & { type: 'P-DATA-TF' } {
  return {
    type: 'P-DATA-TF',
    pdvs: [{ presentationContextID: contextID, isCommand: false, isLast: true, data, ...flags }],
  };
}

/** A peer that sends and expects what the test says, byte by byte if need be. */
export class ScriptedPeer {
  readonly socket: net.Socket;
  readonly #reader = new PduReader(0xffff_ffff);
  readonly #received: Pdu[] = [];
  #pdvs: PresentationDataValue[] = [];
  #partial: Buffer[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', end);
  }

  static async connect(port: number): Promise<ScriptedPeer> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new ScriptedPeer(socket);
  }

  #read(chunk: Buffer): void {
    const reader = this.#reader;
    reader.feed(chunk);
    for (let event = reader.next(); event !== 'need-more'; event = reader.next()) {
      if (event === 'pdu' && reader.pdu !== undefined) this.#received.push(reader.pdu);
      if (event !== 'pdv') continue;
      this.#partial.push(reader.piece);
      if (!reader.pdvEnds) continue;
      const { presentationContextID, isCommand, isLast } = reader;
      this.#pdvs.push({ presentationContextID, isCommand, isLast, data: Buffer.concat(this.#partial) });
      this.#partial = [];
      if (!reader.pduEnds) continue;
      this.#received.push({ type: 'P-DATA-TF', pdvs: this.#pdvs });
      this.#pdvs = [];
    }
  }

  send(...what: (Uint8Array | Pdu)[]): this {
    this.socket.write(Buffer.concat(what.map((part) => ('type' in part ? encodePdu(part) : part))));
    return this;
  }

  /** The next PDU, which must be of this type. */
  async expect<Type extends Pdu['type']>(type: Type): Promise<Pdu & { type: Type }> {
    await this.#until(() => this.#received.length > 0 || this.#ended, `waiting for ${type}`);
    const pdu = this.#received.shift();
    if (pdu?.type !== type) throw new Error(`expected ${type}, got ${pdu?.type ?? 'end of stream'}`);
    return pdu as Pdu & { type: Type };
  }

  /** The other side closes without another PDU. */
  async expectEnd(): Promise<void> {
    await this.#until(() => this.#received.length > 0 || this.#ended, 'waiting for the end');
    const [pdu] = this.#received;
    if (pdu !== undefined) throw new Error(`expected the end, got ${pdu.type}`);
  }

  async associate(request = associateRequestOf()): Promise<this> {
    this.send(request);
    await this.expect('A-ASSOCIATE-AC');
    return this;
  }

  close(): void {
    this.socket.destroy();
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!isTrue()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`timed out ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
