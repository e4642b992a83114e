import { ProbeError } from '../transport/index.ts';
import type { Parse } from './answer-reader.ts';

/** HL7 version 2 over MLLP: a block between 0B and 1C 0D. */
const START = 0x0b;
const END = 0x1c;

/**
 * A well-formed question about the engine itself: a network management query (HL7 2.5 chapter 14, NMQ^N01) that asks
 * for its clock, with the processing id T (training). No patient, no order, nothing to store.
 */
export function clockQuery(controlID: string, at: string): Buffer {
  const header = `MSH|^~\\&|EXPOAUDIT|LEADGLASS|||${at}||NMQ^N01^NMQ_N01|${controlID}|T|2.5`;
  const query = `QRD|${at}|R|I|${controlID}|||1^RD|EXPOAUDIT|OTH|CLOCK`;
  return Buffer.concat([
    Buffer.of(START),
    Buffer.from(`${header}\r${query}\rNCK|\r`, 'latin1'),
    Buffer.of(END, 0x0d),
  ]);
}

/** MSA-1 of the answer: AA, AE, AR, CA, CE, CR; or 'other' for an HL7 message without it. */
export type Acknowledgement = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR' | 'other';

const codes: ReadonlySet<string> = new Set(['AA', 'AE', 'AR', 'CA', 'CE', 'CR']);
const isCode = (text: string): text is Acknowledgement => codes.has(text);

export const acknowledgement: Parse<Acknowledgement> = (bytes) => {
  if (bytes[0] !== START) throw new ProbeError('PROTOCOL', 'NO_MLLP');
  const end = bytes.indexOf(END);
  if (end < 0) return undefined;
  const text = bytes.toString('latin1', 1, end);
  if (!text.startsWith('MSH')) throw new ProbeError('PROTOCOL', 'NO_HL7');
  const code = /[\r\n]MSA.([A-Z]{2})/.exec(text)?.[1] ?? '';
  return { value: isCode(code) ? code : 'other', length: end + 1 };
};
