import { ProbeError } from '../transport/index.ts';
import type { RawConversation } from '../transport/index.ts';
import { AnswerReader, framed } from './answer-reader.ts';

/** iSCSI (RFC 7143): a discovery session, whose login names no target, and SendTargets, of which only the number is kept. */
const HEADER_BYTES = 48;
const [LOGIN, TEXT, LOGIN_RESPONSE, TEXT_RESPONSE] = [0x43, 0x04, 0x23, 0x24];
const INITIATOR = 'iqn.2026-01.invalid.expoaudit:discovery';
/** Rounds of operational negotiation before a login is given up. */
const LOGIN_ROUNDS_MAX = 4;
const OPERATIONAL = 1;
const FULL_FEATURE = 3;

const pdu = framed(HEADER_BYTES, (header) => {
  const additional = (header[4] ?? 0) * 4;
  return HEADER_BYTES + additional + Math.ceil(header.readUIntBE(5, 3) / 4) * 4;
});

const keys = (pairs: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(
    Object.entries(pairs)
      .map(([key, value]) => `${key}=${value}\0`)
      .join(''),
    'latin1',
  );

function request(opcode: number, flags: number, serial: number, data: Buffer, expected: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = opcode;
  header[1] = flags;
  header.writeUIntBE(data.length, 5, 3);
  // Initiator session id of the random type; made up.
  if (opcode === LOGIN) header.write('800045787001', 8, 'hex');
  header.writeUInt32BE(serial, 16);
  if (opcode === TEXT) header.writeUInt32BE(0xffffffff, 20);
  // The login is immediate and does not advance CmdSN (RFC 7143 4.2.2.1).
  header.writeUInt32BE(1, 24);
  header.writeUInt32BE(expected, 28);
  return Buffer.concat([header, data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

export type DiscoveryAnswer =
  | { readonly kind: 'targets'; readonly targets: number }
  | { readonly kind: 'refused'; readonly statusClass: number; readonly statusDetail: number }
  /** It wants CHAP or more, or does not come to an end. */
  | { readonly kind: 'not-let-in' };

export async function discover(conversation: RawConversation): Promise<DiscoveryAnswer> {
  const reader = new AnswerReader(conversation);
  const login = { InitiatorName: INITIATOR, SessionType: 'Discovery', AuthMethod: 'None' };
  const limits = { HeaderDigest: 'None', DataDigest: 'None', MaxRecvDataSegmentLength: '65536' };
  const TRANSIT = 0x80;
  // From the operational stage on; the security stage is left out (RFC 7143 6.3.1).
  const flags = TRANSIT | (OPERATIONAL << 2) | FULL_FEATURE;
  let data = keys({ ...login, ...limits });
  let expected = 0;
  for (let round = 0; ; round++) {
    if (round === LOGIN_ROUNDS_MAX) return { kind: 'not-let-in' };
    conversation.write(request(LOGIN, flags, 1, data, expected));
    const answer = await reader.next(pdu);
    if ((answer[0] ?? 0) !== LOGIN_RESPONSE) throw new ProbeError('PROTOCOL', 'NO_ISCSI');
    const [statusClass = 0, statusDetail = 0] = answer.subarray(36, 38);
    if (statusClass !== 0) return { kind: 'refused', statusClass, statusDetail };
    expected = (answer.readUInt32BE(24) + 1) >>> 0;
    const stage = answer[1] ?? 0;
    if ((stage & TRANSIT) !== 0 && (stage & 3) === FULL_FEATURE) break;
    data = Buffer.alloc(0);
  }
  conversation.write(request(TEXT, 0x80, 2, keys({ SendTargets: 'All' }), expected));
  const answer = await reader.next(pdu);
  if ((answer[0] ?? 0) !== TEXT_RESPONSE) throw new ProbeError('PROTOCOL', 'NO_ISCSI');
  const text = answer.toString('latin1', HEADER_BYTES);
  return {
    kind: 'targets',
    targets: text.split('\0').filter((pair) => pair.startsWith('TargetName=')).length,
  };
}
