import { ProbeError } from '../transport/index.ts';
import { framed } from './answer-reader.ts';
import { Fields } from './fields.ts';

/** MySQL and MariaDB: 3 bytes of length, a sequence number, the payload. */
export const mysqlPacket = framed(4, (header) => 4 + header.readUIntLE(0, 3));

export type MysqlGreeting =
  | { readonly kind: 'greeting'; readonly version: string; readonly offersTls: boolean }
  | { readonly kind: 'error'; readonly code: number };

const CLIENT_SSL = 0x0800;
/** Longest server version that is read, characters. */
const VERSION_MAX_LENGTH = 100;

/** Protocol::HandshakeV10, or the error with which a server turns a host away. */
export function parseMysqlGreeting(packet: Buffer): MysqlGreeting {
  const fields = new Fields(packet).skip(4);
  const first = fields.u8();
  if (first === 0xff) return { kind: 'error', code: fields.u16le() };
  const end = packet.indexOf(0, 5);
  if (first !== 10 || end < 0 || end > 5 + VERSION_MAX_LENGTH) throw new ProbeError('PROTOCOL', 'NO_MYSQL');
  const version = packet.toString('latin1', 5, end).replace(/[^\w.+-]/g, '?');
  fields.skip(end + 1 - 5);
  const capabilities = fields.skip(4 + 8 + 1).u16le();
  return { kind: 'greeting', version, offersTls: (capabilities & CLIENT_SSL) !== 0 };
}

/** TDS packets: type, status, 16 bits of length ([MS-TDS] 2.2.3.1). */
export const tdsPacket = framed(8, (header) => header.readUInt16BE(2));

/** PRELOGIN with version and encryption options ([MS-TDS] 2.2.6.5). */
export function tdsPrelogin(): Buffer {
  const options = Buffer.from('00000b00060100110001ff', 'hex');
  const values = Buffer.alloc(7);
  const body = Buffer.concat([options, values]);
  const header = Buffer.from([0x12, 1, 0, 8 + body.length, 0, 0, 0, 0]);
  return Buffer.concat([header, body]);
}

/** Encryption of the server: 0 off, 1 on, 2 not supported, 3 required. */
export interface PreloginAnswer {
  readonly encryption: number;
  readonly version: string;
}

const TABULAR_RESULT = 4;
/** Options of a PRELOGIN that are looked at. */
const OPTIONS_MAX = 16;

export function parsePrelogin(packet: Buffer): PreloginAnswer {
  if (packet[0] !== TABULAR_RESULT) throw new ProbeError('PROTOCOL', 'NO_TDS');
  const body = packet.subarray(8);
  const fields = new Fields(body);
  let [encryption, version] = [-1, ''];
  for (let index = 0; index < OPTIONS_MAX; index++) {
    const token = fields.u8();
    if (token === 0xff) break;
    const value = new Fields(body).skip(fields.u16be()).take(fields.u16be());
    if (token === 0 && value.length >= 4) version = `${value[0]}.${value[1]}.${value.readUInt16BE(2)}`;
    if (token === 1) encryption = value[0] ?? -1;
  }
  if (encryption < 0) throw new ProbeError('PROTOCOL', 'NO_TDS');
  return { encryption, version };
}
