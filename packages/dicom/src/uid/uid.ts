import { SOPClassUID, uidTable } from '../generated/uids.js';

export { SOPClassUID };

/** PS3.5 section 9.1: at most 64 characters. */
export const uidLengthMax = 64;

/** Root for UIDs derived from a UUID (PS3.5 B.2, ITU-T X.667). */
const uuidRoot = '2.25.';

const uidPattern = /^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$/;

/** Whether a string is a UID as PS3.5 section 9.1 has it: digits and dots, no leading zeros, 64 at most. */
export function isUID(text: string): boolean {
  return text.length <= uidLengthMax && uidPattern.test(text);
}

/**
 * A new UID, '2.25.' and a random UUID as a decimal number (PS3.5 B.2).
 * @param random 16 random bytes; taken from the platform's cryptographic source if absent.
 */
export function generateUID(random?: Uint8Array): string {
  const bytes = random === undefined ? crypto.getRandomValues(new Uint8Array(16)) : random.slice(0, 16);
  if (bytes.length !== 16) throw new RangeError('a UUID takes 16 bytes');
  // Version 4 and variant bits (RFC 9562 5.4), so that the number is a valid UUID.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidRoot + bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n).toString();
}

let names: ReadonlyMap<string, string> | undefined;

/** The name PS3.6 Annex A gives a UID; undefined for UIDs it does not register. */
export function uidName(uid: string): string | undefined {
  names ??= new Map(
    uidTable.split('\n').map((line) => {
      const [key = '', , name = ''] = line.split('|');
      return [key, name];
    }),
  );
  return names.get(uid);
}
