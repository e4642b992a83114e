import {
  CommandField,
  type CommandFields,
  encodeCommand,
  P_DATA_HEADER_BYTES,
  PDV_HEADER_BYTES,
  writePDataHeader,
} from '@leadglass/network';
import type { Template } from '../data/template.ts';
import type { InstancePlace } from '../data/uids.ts';
import { CommandElement, commandValueAt } from './pdu-scanner.ts';

/** Largest fragment sent to a peer that names no maximum length. */
const UNLIMITED_FRAGMENT_BYTES = 1024 * 1024;

/** A command set in a P-DATA-TF PDU of its own. */
export function framedCommand(contextID: number, fields: CommandFields, hasDataSet: boolean): Buffer {
  const bytes = encodeCommand(fields, hasDataSet, P_DATA_HEADER_BYTES);
  writePDataHeader(bytes, 0, contextID, true, true, bytes.length - P_DATA_HEADER_BYTES);
  return bytes;
}

const fragmentBytes = (maximumLength: number): number =>
  (maximumLength === 0 ? UNLIMITED_FRAGMENT_BYTES : maximumLength) - PDV_HEADER_BYTES;

/** A data set in PDUs as long as the peer takes them. */
export function framedDataSet(contextID: number, dataSet: Uint8Array, maximumLength: number): Buffer {
  const step = fragmentBytes(maximumLength);
  const pieces = Math.max(1, Math.ceil(dataSet.length / step));
  const framed = Buffer.allocUnsafe(dataSet.length + pieces * P_DATA_HEADER_BYTES);
  let at = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const data = dataSet.subarray(piece * step, (piece + 1) * step);
    writePDataHeader(framed, at, contextID, false, piece === pieces - 1, data.length);
    framed.set(data, at + P_DATA_HEADER_BYTES);
    at += P_DATA_HEADER_BYTES + data.length;
  }
  return framed;
}

/**
 * A C-STORE-RQ ready to be written: the head has command and first PDU of the data set, with every value that changes;
 * the body is the same for all instances and associations.
 */
export class StoreMessage {
  readonly head: Buffer;
  readonly body: Buffer;
  readonly #template: Template;
  readonly #dataSetAt: number;
  readonly #messageIDAt: number;
  readonly #instanceUIDAt: number;

  constructor(template: Template, framed: FramedTemplate, contextID: number) {
    const place = { run: 0, association: 0, study: 0, instance: 0 };
    const [[, sopInstanceUID] = [0, '']] = template.values(place);
    const command = framedCommand(
      contextID,
      {
        commandField: CommandField['C-STORE-RQ'],
        affectedSOPClassUID: template.sopClassUID,
        affectedSOPInstanceUID: sopInstanceUID,
        messageID: 1,
        priority: 0,
      },
      true,
    );
    const set = command.subarray(P_DATA_HEADER_BYTES);
    this.#template = template;
    this.#messageIDAt = P_DATA_HEADER_BYTES + commandValueAt(set, CommandElement.messageID);
    this.#instanceUIDAt = P_DATA_HEADER_BYTES + commandValueAt(set, CommandElement.affectedSOPInstanceUID);
    this.#dataSetAt = command.length + P_DATA_HEADER_BYTES;
    this.head = Buffer.concat([command, framed.first]);
    this.body = framed.rest;
  }

  /** Makes it the message of another instance. Only when the message before was answered: then nothing reads it. */
  address(place: InstancePlace, messageID: number): void {
    const { head } = this;
    head.writeUInt16LE(messageID, this.#messageIDAt);
    for (const [index, [tag, value]] of this.#template.values(place).entries()) {
      if (index === 0) head.write(value, this.#instanceUIDAt, 'latin1');
      head.write(value, this.#dataSetAt + (this.#template.offsets.get(tag) ?? 0), 'latin1');
    }
  }
}

/** A template's data set in PDUs: the first one apart, because its values change. */
export interface FramedTemplate {
  readonly first: Buffer;
  readonly rest: Buffer;
}

export function frameTemplate(template: Template, contextID: number, maximumLength: number): FramedTemplate {
  const framed = framedDataSet(contextID, template.dataSet, maximumLength);
  const firstEnd = P_DATA_HEADER_BYTES + Math.min(template.dataSet.length, fragmentBytes(maximumLength));
  return { first: framed.subarray(0, firstEnd), rest: framed.subarray(firstEnd) };
}
