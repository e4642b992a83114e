import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';
import { AnswerReader, framed, line } from './answer-reader.ts';
import { Fields } from './fields.ts';

/** The first two messages of SSH (RFC 4253 4.2, 7.1): identification and the lists of algorithms. */
export interface SshAlgorithms {
  /** '2.0' or, from servers that still take version 1, '1.99'. */
  readonly version: string;
  readonly keyExchanges: readonly string[];
  readonly hostKeys: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
}

/** Lines a server may say before its identification (RFC 4253 4.2). */
const BANNER_LINES_MAX = 50;
/** Largest packet everybody must take (RFC 4253 6.1). */
const PACKET_MAX_BYTES = 35_000;
const KEXINIT = 20;

const binaryPacket = framed(4, (header) => {
  const length = header.readUInt32BE(0);
  if (length > PACKET_MAX_BYTES) throw new ProbeError('PROTOCOL', 'SSH_PACKET');
  return 4 + length;
});

/** Says who we are, reads the server's lists, and goes no further: no key is exchanged. Throws ProbeError. */
export async function askSsh(conversation: RawConversation, identification: string): Promise<SshAlgorithms> {
  const reader = new AnswerReader(conversation);
  conversation.write(`SSH-2.0-${identification}\r\n`);
  let version: string | undefined;
  for (let lines = 0; version === undefined; lines++) {
    if (lines >= BANNER_LINES_MAX) throw new ProbeError('PROTOCOL', 'NO_SSH');
    version = /^SSH-(\d\.\d+)-/.exec(await reader.next(line))?.[1];
  }
  return { version, ...parseKexInit(await reader.next(binaryPacket)) };
}

export function parseKexInit(packet: Buffer): Omit<SshAlgorithms, 'version'> {
  const fields = new Fields(packet).skip(5);
  if (fields.u8() !== KEXINIT) throw new ProbeError('PROTOCOL', 'NO_KEXINIT');
  fields.skip(16);
  const list = (): string[] => fields.take(fields.u32be()).toString('latin1').split(',');
  const [keyExchanges, hostKeys, ciphers] = [list(), list(), list()];
  const otherCiphers = list();
  return { keyExchanges, hostKeys, ciphers: [...ciphers, ...otherCiphers], macs: [...list(), ...list()] };
}
