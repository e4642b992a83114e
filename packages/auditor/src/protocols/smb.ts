import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';
import { AnswerReader, framed } from './answer-reader.ts';
import { Fields, bytesOf } from './fields.ts';
import { findChallenge, ntlmAuthenticate, ntlmNegotiate, spnegoInit, spnegoResponse } from './ntlm.ts';
import type { Stranger } from './ntlm.ts';
import { parseShareCount, shareEnumeration, srvsvcBind } from './srvsvc.ts';
import type { ShareCount } from './srvsvc.ts';

const HEADER_BYTES = 64;
const { u16le, u32le } = bytesOf;
const PROTOCOL_ID = Buffer.from('fe534d42', 'hex');
const SMB1_PROTOCOL_ID = Buffer.from('ff534d42', 'hex');
/** Dialects without pre-authentication contexts: 2.0.2, 2.1, 3.0, 3.0.2 ([MS-SMB2] 2.2.3). */
const DIALECTS = [0x0202, 0x0210, 0x0300, 0x0302] as const;
const Command = { negotiate: 0, sessionSetup: 1, treeConnect: 3, create: 5, ioctl: 11 } as const;
const MORE_PROCESSING_REQUIRED = 0xc0000016;
const BUFFER_OVERFLOW = 0x80000005;
const FSCTL_PIPE_TRANSCEIVE = 0x0011c017;
/** Bytes of a pipe's answer that are asked for; a longer one is cut by the server, and the count stands first. */
const PIPE_ANSWER_BYTES = 32 * 1024;

/** Messages of SMB over TCP: a zero byte and 24 bits of length ([MS-SMB2] 2.1). */
const message = framed(4, (header) => 4 + (header.readUInt32BE(0) & 0xffffff));

const overTcp = (bytes: Buffer): Buffer => Buffer.concat([bytesOf.u32be(bytes.length), bytes]);

/** SMB_COM_NEGOTIATE with the one dialect NT LM 0.12 ([MS-CIFS] 2.2.4.52). */
export function smb1Negotiate(): Buffer {
  const dialects = Buffer.from('\x02NT LM 0.12\0', 'latin1');
  const flags = Buffer.from('1801c8', 'hex');
  const header = Buffer.concat([SMB1_PROTOCOL_ID, Buffer.of(0x72), Buffer.alloc(4), flags, Buffer.alloc(20)]);
  return overTcp(Buffer.concat([header, Buffer.of(0), u16le(dialects.length), dialects]));
}

/** Whether the server takes SMBv1: it chose the dialect we named. Throws ProbeError. */
export async function speaksSmb1(conversation: RawConversation): Promise<boolean> {
  conversation.write(smb1Negotiate());
  const answer = (await new AnswerReader(conversation).next(message)).subarray(4);
  if (!answer.subarray(0, 4).equals(SMB1_PROTOCOL_ID)) return false;
  const fields = new Fields(answer).skip(5);
  const status = fields.u32le();
  const words = fields.skip(23).u8();
  return status === 0 && words > 1 && fields.u16le() !== 0xffff;
}

/** How a stranger's session setup ended. */
export interface SessionAnswer {
  /** NT status; 0 is a session. */
  readonly status: number;
  readonly isGuest: boolean;
  readonly isNull: boolean;
}

/** One SMB2 conversation as a stranger, up to the list of shares. No share but the pipe share IPC$ is touched. */
export class SmbSession {
  readonly #conversation: RawConversation;
  readonly #reader: AnswerReader;
  #messageID = 0;
  #treeID = 0;
  #sessionID: Buffer = Buffer.alloc(8);

  constructor(conversation: RawConversation) {
    this.#conversation = conversation;
    this.#reader = new AnswerReader(conversation);
  }

  async #ask(command: number, body: Buffer): Promise<{ status: number; treeID: number; bytes: Buffer }> {
    const id = this.#messageID++;
    const head = [
      PROTOCOL_ID,
      u16le(HEADER_BYTES),
      u16le(1),
      u32le(0),
      u16le(command),
      u16le(31),
      Buffer.alloc(8),
      u32le(id),
      Buffer.alloc(8),
      u32le(this.#treeID),
      this.#sessionID,
      Buffer.alloc(16),
    ];
    this.#conversation.write(overTcp(Buffer.concat([...head, body])));
    for (;;) {
      const bytes = (await this.#reader.next(message)).subarray(4);
      if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 4).equals(PROTOCOL_ID)) {
        throw new ProbeError('PROTOCOL', 'NO_SMB2');
      }
      const status = bytes.readUInt32LE(8);
      const isPending = status === 0x00000103;
      if (bytes.readUInt16LE(12) !== command) throw new ProbeError('PROTOCOL', 'SMB2_COMMAND');
      if (isPending) continue;
      this.#sessionID = Buffer.from(bytes.subarray(40, 48));
      return { status, treeID: bytes.readUInt32LE(36), bytes };
    }
  }

  /** Dialect the server chose. */
  async negotiate(): Promise<number> {
    const SIGNING_ENABLED = 1;
    const dialects = DIALECTS.map(u16le);
    const head = [u16le(36), u16le(dialects.length), u16le(SIGNING_ENABLED), u16le(0), u32le(0)];
    const { status, bytes } = await this.#ask(
      Command.negotiate,
      Buffer.concat([...head, Buffer.alloc(24), ...dialects]),
    );
    if (status !== 0) throw new ProbeError('PROTOCOL', `SMB2_${status.toString(16)}`);
    return new Fields(bytes).skip(HEADER_BYTES + 4).u16le();
  }

  async logOn(stranger: Stranger, clientChallenge: Buffer): Promise<SessionAnswer> {
    const first = await this.#setUp(spnegoInit(ntlmNegotiate()));
    if (first.status !== MORE_PROCESSING_REQUIRED) return first;
    const challenge = findChallenge(first.securityBuffer);
    return this.#setUp(spnegoResponse(ntlmAuthenticate(stranger, challenge, clientChallenge)));
  }

  async #setUp(token: Buffer): Promise<SessionAnswer & { readonly securityBuffer: Buffer }> {
    const SIGNING_ENABLED = 1;
    const head = [u16le(25), Buffer.of(0, SIGNING_ENABLED), u32le(0), u32le(0)];
    const buffer = [u16le(HEADER_BYTES + 24), u16le(token.length), Buffer.alloc(8), token];
    const { status, bytes } = await this.#ask(Command.sessionSetup, Buffer.concat([...head, ...buffer]));
    if (status !== 0 && status !== MORE_PROCESSING_REQUIRED) {
      return { status, isGuest: false, isNull: false, securityBuffer: Buffer.alloc(0) };
    }
    const fields = new Fields(bytes).skip(HEADER_BYTES + 2);
    const flags = fields.u16le();
    const offset = fields.u16le();
    const securityBuffer = bytes.subarray(offset, offset + fields.u16le());
    return { status, isGuest: (flags & 1) !== 0, isNull: (flags & 2) !== 0, securityBuffer };
  }

  /** Disk shares the server lists to this stranger; undefined when it lists none to them. */
  async countShares(address: string): Promise<ShareCount | undefined> {
    const path = Buffer.from(`\\\\${address}\\IPC$`, 'utf16le');
    const tree = Buffer.concat([u16le(9), u16le(0), u16le(HEADER_BYTES + 8), u16le(path.length), path]);
    const connected = await this.#ask(Command.treeConnect, tree);
    if (connected.status !== 0) return undefined;
    this.#treeID = connected.treeID;
    const file = await this.#openPipe();
    if (file === undefined) return undefined;
    if ((await this.#transceive(file, srvsvcBind())) === undefined) return undefined;
    const answer = await this.#transceive(file, shareEnumeration());
    return answer === undefined ? undefined : parseShareCount(answer);
  }

  async #openPipe(): Promise<Buffer | undefined> {
    const name = Buffer.from('srvsvc', 'utf16le');
    const READ_AND_WRITE = 0x0012019f;
    const [IMPERSONATION, SHARE_ALL, OPEN] = [2, 7, 1];
    const body = [
      u16le(57),
      Buffer.alloc(2),
      u32le(IMPERSONATION),
      Buffer.alloc(16),
      u32le(READ_AND_WRITE),
      u32le(0),
      u32le(SHARE_ALL),
      u32le(OPEN),
      u32le(0),
      u16le(HEADER_BYTES + 56),
      u16le(name.length),
      Buffer.alloc(8),
      name,
    ];
    const { status, bytes } = await this.#ask(Command.create, Buffer.concat(body));
    return status === 0 ? Buffer.from(new Fields(bytes).skip(HEADER_BYTES + 64).take(16)) : undefined;
  }

  async #transceive(file: Buffer, input: Buffer): Promise<Buffer | undefined> {
    const IS_FSCTL = 1;
    const inputAt = HEADER_BYTES + 56;
    const numbers = [inputAt, input.length, 0, 0, 0, PIPE_ANSWER_BYTES, IS_FSCTL, 0].map(u32le);
    const body = Buffer.concat([u16le(57), u16le(0), u32le(FSCTL_PIPE_TRANSCEIVE), file, ...numbers, input]);
    const { status, bytes } = await this.#ask(Command.ioctl, body);
    if (status !== 0 && status !== BUFFER_OVERFLOW) return undefined;
    const fields = new Fields(bytes).skip(HEADER_BYTES + 32);
    const offset = fields.u32le();
    return bytes.subarray(offset, offset + fields.u32le());
  }
}
