import { readAssociateAccept, readAssociateRequest, writeAssociate } from './associate.ts';
import { ByteWriter } from './byte-writer.ts';
import { PDU_HEADER_BYTES, PDV_HEADER_BYTES, SHORT_PDU_BYTES } from './limits.ts';
import { PduError } from './pdu-error.ts';
import { PduType } from './pdu.ts';
import type { ControlPdu, Pdu } from './pdu.ts';

/** The bytes of a PDU with its header. */
export function encodePdu(pdu: Pdu): Buffer {
  switch (pdu.type) {
    case 'A-ASSOCIATE-RQ':
    case 'A-ASSOCIATE-AC': {
      const writer = new ByteWriter();
      writeAssociate(writer, pdu);
      return writer.finish();
    }
    case 'A-ASSOCIATE-RJ':
      return shortPdu(PduType[pdu.type], 0, pdu.result, pdu.source, pdu.reason);
    case 'A-RELEASE-RQ':
    case 'A-RELEASE-RP':
      return shortPdu(PduType[pdu.type], 0, 0, 0, 0);
    case 'A-ABORT':
      return shortPdu(PduType[pdu.type], 0, 0, pdu.source, pdu.reason);
    case 'P-DATA-TF': {
      const writer = new ByteWriter();
      writer.pdu(PduType[pdu.type], () => {
        for (const pdv of pdu.pdvs) {
          writer.u32(pdv.data.length + 2);
          writer.u8(pdv.presentationContextID);
          writer.u8(messageControlHeader(pdv.isCommand, pdv.isLast));
          writer.bytes(pdv.data);
        }
      });
      return writer.finish();
    }
  }
}

function shortPdu(type: number, ...body: [number, number, number, number]): Buffer {
  return Buffer.from([type, 0, 0, 0, 0, SHORT_PDU_BYTES, ...body]);
}

/** Message control header: bit 0 command, bit 1 last fragment (PS3.8 Annex E.2). */
export function messageControlHeader(isCommand: boolean, isLast: boolean): number {
  return (isCommand ? 1 : 0) | (isLast ? 2 : 0);
}

/** Bytes in front of the only PDV of a P-DATA-TF PDU. */
export const P_DATA_HEADER_BYTES = PDU_HEADER_BYTES + PDV_HEADER_BYTES;

/**
 * Writes the header of a P-DATA-TF PDU with one PDV of `dataLength` bytes at `at`. The header has its own small
 * buffer, so that the data itself goes to the socket as a view and is never copied.
 */
export function writePDataHeader(
  target: Buffer,
  at: number,
  presentationContextID: number,
  isCommand: boolean,
  isLast: boolean,
  dataLength: number,
): void {
  target[at] = PduType['P-DATA-TF'];
  target[at + 1] = 0;
  target.writeUInt32BE(dataLength + PDV_HEADER_BYTES, at + 2);
  target.writeUInt32BE(dataLength + 2, at + 6);
  target[at + 10] = presentationContextID;
  target[at + 11] = messageControlHeader(isCommand, isLast);
}

/** A PDU other than P-DATA-TF from its type and the bytes after its header. Throws PduError. */
export function decodeControlPdu(type: number, body: Uint8Array): ControlPdu {
  switch (type) {
    case PduType['A-ASSOCIATE-RQ']:
      return readAssociateRequest(body);
    case PduType['A-ASSOCIATE-AC']:
      return readAssociateAccept(body);
    case PduType['A-ASSOCIATE-RJ']:
      return {
        type: 'A-ASSOCIATE-RJ',
        result: body[1] ?? 0,
        source: body[2] ?? 0,
        reason: body[3] ?? 0,
      };
    case PduType['A-RELEASE-RQ']:
      return { type: 'A-RELEASE-RQ' };
    case PduType['A-RELEASE-RP']:
      return { type: 'A-RELEASE-RP' };
    case PduType['A-ABORT']:
      return { type: 'A-ABORT', source: body[2] ?? 0, reason: body[3] ?? 0 };
    default:
      throw new PduError('UNRECOGNIZED_PDU_TYPE', { pduType: type });
  }
}
