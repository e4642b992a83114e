import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';
import { AnswerReader, framed } from './answer-reader.ts';
import { Fields, bytesOf } from './fields.ts';

/** Security protocols of RDP ([MS-RDPBCGR] 2.2.1.1.1): RDP's own, TLS, and CredSSP which is what NLA means. */
export const rdpProtocol = { rdp: 0, tls: 1, credSSP: 2 } as const;
/** HYBRID_REQUIRED_BY_SERVER ([MS-RDPBCGR] 2.2.1.2.2). */
export const NLA_REQUIRED = 5;

/** X.224 Connection Request with an RDP Negotiation Request ([MS-RDPBCGR] 2.2.1.1). */
export function rdpConnectionRequest(requestedProtocols: number): Buffer {
  const negotiation = Buffer.concat([Buffer.of(1, 0, 8, 0), bytesOf.u32le(requestedProtocols)]);
  const x224 = Buffer.concat([Buffer.of(6 + negotiation.length, 0xe0, 0, 0, 0, 0, 0), negotiation]);
  return Buffer.concat([Buffer.of(3, 0), bytesOf.u16be(4 + x224.length), x224]);
}

export const tpkt = framed(4, (header) => {
  if (header[0] !== 3) throw new ProbeError('PROTOCOL', 'NO_TPKT');
  return header.readUInt16BE(2);
});

export type RdpAnswer =
  | { readonly kind: 'selected'; readonly protocol: number }
  | { readonly kind: 'failure'; readonly code: number };

/** The Connection Confirm. One without negotiation data comes from a server that knows only RDP's own security. */
export function parseConnectionConfirm(packet: Buffer): RdpAnswer {
  const fields = new Fields(packet).skip(5);
  if ((fields.u8() & 0xf0) !== 0xd0) throw new ProbeError('PROTOCOL', 'NO_CONNECTION_CONFIRM');
  fields.skip(5);
  if (fields.left < 8) return { kind: 'selected', protocol: rdpProtocol.rdp };
  const type = fields.u8();
  const value = fields.skip(3).u32le();
  if (type === 2) return { kind: 'selected', protocol: value };
  if (type === 3) return { kind: 'failure', code: value };
  throw new ProbeError('PROTOCOL', 'RDP_NEGOTIATION');
}

/** What RFB (RFC 6143 7.1) offers; 1 is "None". */
export interface VncAnswer {
  readonly version: string;
  readonly securityTypes: readonly number[];
}

/** Greeting and security types; nothing is chosen. Throws ProbeError. */
export async function askVnc(conversation: RawConversation): Promise<VncAnswer> {
  const reader = new AnswerReader(conversation);
  const greeting = (await reader.next(framed(12, () => 12))).toString('latin1');
  const minor = /^RFB 003\.(\d{3})\n$/.exec(greeting)?.[1];
  if (minor === undefined) throw new ProbeError('PROTOCOL', 'NO_RFB');
  // From 3.7 on the server lists types; before, it decides by itself (7.1.2).
  const lists = Number(minor) >= 7;
  conversation.write(lists ? 'RFB 003.008\n' : 'RFB 003.003\n');
  const version = `3.${Number(minor)}`;
  if (!lists) return { version, securityTypes: [(await reader.next(framed(4, () => 4))).readUInt32BE()] };
  const list = await reader.next(framed(1, (header) => 1 + (header[0] ?? 0)));
  return { version, securityTypes: [...list.subarray(1)] };
}
