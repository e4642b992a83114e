import { ProbeError } from '../transport/index.ts';
import type { Parse } from './answer-reader.ts';
import { MESSAGE_MAX_BYTES } from './answer-reader.ts';

/** What LDAP, SNMP and SPNEGO need of BER (ITU-T X.690): definite lengths and one-byte tags. */
export interface BerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag and length included. */
  readonly length: number;
}

export function ber(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

export const berInteger = (value: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  // As short as it can be without becoming negative.
  let start = 0;
  while (start < 4 && bytes[start] === 0 && (bytes[start + 1] ?? 0) < 0x80) start++;
  return ber(0x02, bytes.subarray(start));
};

export const berText = (text: string, tag = 0x04): Buffer => ber(tag, Buffer.from(text, 'latin1'));

/** The element at the start, or undefined when it is not all there. Throws PROTOCOL BER. */
export function berElement(bytes: Buffer): BerElement | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return undefined;
  if ((tag & 0x1f) === 0x1f || first === 0x80 || first > 0x84) throw new ProbeError('PROTOCOL', 'BER');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (bytes.length < 2 + lengthBytes) return undefined;
  const size = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  if (size > MESSAGE_MAX_BYTES) throw new ProbeError('PROTOCOL', 'BER_TOO_LONG');
  const start = 2 + lengthBytes;
  if (bytes.length < start + size) return undefined;
  return { tag, content: bytes.subarray(start, start + size), length: start + size };
}

/** One whole element as a message. */
export const berMessage: Parse<BerElement> = (bytes) => {
  const element = berElement(bytes);
  return element === undefined ? undefined : { value: element, length: element.length };
};

/** The elements inside one. Throws PROTOCOL BER when they do not fill it. */
export function berChildren(content: Buffer): BerElement[] {
  const children: BerElement[] = [];
  for (let at = 0; at < content.length;) {
    const child = berElement(content.subarray(at));
    if (child === undefined) throw new ProbeError('PROTOCOL', 'BER');
    children.push(child);
    at += child.length;
  }
  return children;
}

/** A non-negative number of at most four bytes; undefined for everything else. */
export function berNumber(element: BerElement | undefined): number | undefined {
  if (element === undefined || element.content.length < 1 || element.content.length > 5) return undefined;
  return element.content.readUIntBE(0, element.content.length);
}
