import { PduReader } from '../pdu/index.ts';
import type { Pdu, PresentationDataValue } from '../pdu/index.ts';

/** Reads a byte stream that arrives in the given pieces into whole PDUs. Throws PduError. */
export function readPdus(pieces: Iterable<Uint8Array>, maximumLength = 0xffff_ffff): Pdu[] {
  const reader = new PduReader(maximumLength);
  const pdus: Pdu[] = [];
  let pdvs: PresentationDataValue[] = [];
  let parts: Buffer[] = [];
  for (const piece of pieces) {
    reader.feed(Buffer.from(piece));
    for (let event = reader.next(); event !== 'need-more'; event = reader.next()) {
      if (event === 'pdu' && reader.pdu !== undefined) pdus.push(reader.pdu);
      if (event !== 'pdv') continue;
      parts.push(reader.piece);
      if (!reader.pdvEnds) continue;
      const { presentationContextID, isCommand, isLast } = reader;
      pdvs.push({ presentationContextID, isCommand, isLast, data: new Uint8Array(Buffer.concat(parts)) });
      parts = [];
      if (!reader.pduEnds) continue;
      pdus.push({ type: 'P-DATA-TF', pdvs });
      pdvs = [];
    }
  }
  return pdus;
}

/** Cuts bytes at the given places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}
