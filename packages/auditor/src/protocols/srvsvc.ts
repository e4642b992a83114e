import { ProbeError } from '../transport/index.ts';
import { Fields, bytesOf } from './fields.ts';

/** The list of shares over DCE/RPC ([MS-SRVS] 3.1.4.8), of which only types are read. */
const { u16le, u32le } = bytesOf;
const SRVSVC = Buffer.from('c84f324b7016d30112785a47bf6ee188', 'hex');
const NDR = Buffer.from('045d888aeb1cc9119fe808002b104860', 'hex');
const FRAGMENT_BYTES = 4280;
const [BIND, REQUEST, RESPONSE] = [11, 0, 2];
const NETR_SHARE_ENUM = 15;
/** Share types: the low bits are 0 for disks; the top bit marks what Windows makes by itself ([MS-SRVS] 2.2.2.4). */
const TYPE_MASK = 0x0fffffff;
const SPECIAL = 0x80000000;
/** Entries looked at; a server with more shares than that is counted by its own number. */
const ENTRIES_MAX = 2_000;

export interface ShareCount {
  readonly shares: number;
  /** Of those, disks that are not administrative. */
  readonly disks: number;
}

function rpc(type: number, callID: number, body: Buffer): Buffer {
  const FIRST_AND_LAST = 3;
  const head = Buffer.of(5, 0, type, FIRST_AND_LAST, 0x10, 0, 0, 0);
  return Buffer.concat([head, u16le(16 + body.length), u16le(0), u32le(callID), body]);
}

export function srvsvcBind(): Buffer {
  const context = [Buffer.of(1, 0, 0, 0), u16le(0), Buffer.of(1, 0), SRVSVC, u32le(3), NDR, u32le(2)];
  const limits = [u16le(FRAGMENT_BYTES), u16le(FRAGMENT_BYTES), u32le(0)];
  return rpc(BIND, 1, Buffer.concat([...limits, ...context]));
}

/** NetrShareEnum, level 1, of the server that is asked. */
export function shareEnumeration(): Buffer {
  const [LEVEL, REFERENT, EVERYTHING] = [1, 0x00020000, 0xffffffff];
  const parameters = [0, LEVEL, LEVEL, REFERENT, 0, 0, EVERYTHING, 0].map(u32le);
  const body = Buffer.concat(parameters);
  return rpc(REQUEST, 2, Buffer.concat([u32le(body.length), u16le(0), u16le(NETR_SHARE_ENUM), body]));
}

/** Counts by type. The names and remarks behind the fixed part are not looked at. Undefined when it was refused. */
export function parseShareCount(answer: Buffer): ShareCount | undefined {
  const fields = new Fields(answer).skip(2);
  if (fields.u8() !== RESPONSE) return undefined;
  fields.skip(21 + 8);
  if (fields.u32le() === 0) return undefined;
  const shares = fields.u32le();
  if (fields.u32le() === 0) return { shares: 0, disks: 0 };
  if (fields.u32le() !== shares) throw new ProbeError('PROTOCOL', 'SHARE_COUNT');
  let disks = 0;
  for (let index = 0; index < Math.min(shares, ENTRIES_MAX) && fields.left >= 12; index++) {
    const type = fields.skip(4).u32le();
    fields.skip(4);
    if ((type & TYPE_MASK) === 0 && (type & SPECIAL) === 0) disks++;
  }
  return { shares, disks };
}
