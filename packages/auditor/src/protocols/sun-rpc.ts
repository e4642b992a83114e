import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';
import { AnswerReader, MESSAGE_MAX_BYTES } from './answer-reader.ts';
import type { Parse } from './answer-reader.ts';
import { Fields, bytesOf } from './fields.ts';

/** ONC RPC over TCP (RFC 5531), the port mapper (RFC 1833 3) and the export list of MOUNT (RFC 1813 5.2.5). */
export const PORT_MAPPER = { program: 100000, version: 2, getPort: 3 } as const;
export const MOUNT = { program: 100005, version: 3, exports: 5 } as const;
const IPPROTO_TCP = 6;
/** Record marking: the top bit says that no fragment follows (RFC 5531 11). */
const LAST_FRAGMENT = 0x80000000;

interface Procedure {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
}

/** A call without credentials, in one fragment. */
export function encodeCall(xid: number, { program, version, procedure }: Procedure, args: Buffer): Buffer {
  const CALL = 0;
  const RPC_VERSION = 2;
  const words = [xid, CALL, RPC_VERSION, program, version, procedure, 0, 0, 0, 0];
  const message = Buffer.concat([...words.map(bytesOf.u32be), args]);
  return Buffer.concat([bytesOf.u32be((LAST_FRAGMENT | message.length) >>> 0), message]);
}

/** All fragments of one record. */
export const record: Parse<Buffer> = (bytes) => {
  const fragments: Buffer[] = [];
  let at = 0;
  for (;;) {
    if (bytes.length < at + 4) return undefined;
    const mark = bytes.readUInt32BE(at);
    const length = mark & ~LAST_FRAGMENT;
    if (length + at > MESSAGE_MAX_BYTES) throw new ProbeError('PROTOCOL', 'RECORD_TOO_LONG');
    if (bytes.length < at + 4 + length) return undefined;
    fragments.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
    if (mark >= LAST_FRAGMENT) return { value: Buffer.concat(fragments), length: at };
  }
};

/** The results of a reply, or how it was refused: accept_stat, or 100 + reject_stat. */
export type RpcReply =
  { readonly results: Fields } | { readonly results?: undefined; readonly refusal: number };

/** Throws PROTOCOL when it is no reply to this call. */
export function parseReply(bytes: Buffer, xid: number): RpcReply {
  const fields = new Fields(bytes);
  const REPLY = 1;
  if (fields.u32be() !== xid || fields.u32be() !== REPLY) throw new ProbeError('PROTOCOL', 'NO_RPC_REPLY');
  if (fields.u32be() !== 0) return { refusal: 100 + fields.u32be() };
  fields.skip(4);
  const verifierBytes = fields.u32be();
  fields.skip(padded(verifierBytes));
  const status = fields.u32be();
  return status === 0 ? { results: fields } : { refusal: status };
}

const padded = (length: number): number => Math.ceil(length / 4) * 4;

export async function callRpc(
  conversation: RawConversation,
  xid: number,
  procedure: Procedure,
  args: Buffer = Buffer.alloc(0),
): Promise<RpcReply> {
  conversation.write(encodeCall(xid, procedure, args));
  return parseReply(await new AnswerReader(conversation).next(record), xid);
}

/** Arguments of PMAPPROC_GETPORT for a program over TCP. */
export function getPortArguments({ program, version }: { program: number; version: number }): Buffer {
  return Buffer.concat([program, version, IPPROTO_TCP, 0].map(bytesOf.u32be));
}

/** How many file systems are exported, and how many of them to everybody. Names and paths are passed over. */
export interface ExportCount {
  readonly exports: number;
  readonly toEverybody: number;
}

/** What servers call everybody: an export without groups, or with one of these. */
const EVERYBODY: ReadonlySet<string> = new Set([
  '*',
  '0.0.0.0/0',
  '0.0.0.0/0.0.0.0',
  '::/0',
  '(everyone)',
  'everyone',
]);

/** The list of MOUNTPROC3_EXPORT. */
export function countExports(results: Fields): ExportCount {
  let exports = 0;
  let toEverybody = 0;
  while (results.u32be() === 1) {
    results.skip(padded(results.u32be()));
    exports++;
    let groups = 0;
    let isForEverybody = false;
    while (results.u32be() === 1) {
      const length = results.u32be();
      const group = results.take(padded(length)).toString('latin1', 0, length);
      groups++;
      isForEverybody ||= EVERYBODY.has(group.toLowerCase());
    }
    if (groups === 0 || isForEverybody) toEverybody++;
  }
  return { exports, toEverybody };
}
