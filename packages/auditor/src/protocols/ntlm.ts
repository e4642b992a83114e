import { createHmac } from 'node:crypto';
import { ProbeError } from '../transport/index.ts';
import { ber } from './ber.ts';
import { Fields, bytesOf } from './fields.ts';

/** NTLM ([MS-NLMP]) for two logins that have no secret: nobody, and Guest with the empty password. */
export type Stranger = 'null' | 'guest';

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
/** UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, TARGET_INFO ([MS-NLMP] 2.2.2.5). */
const FLAGS = 0x00888205;
const ANONYMOUS = 0x00000800;
const GUEST_NAME = 'Guest';
/** NT hash of the empty password ([MS-NLMP] 3.3.1): MD4 of nothing. */
const EMPTY_NT_HASH = Buffer.from('31d6cfe0d16ae931b73c59d7e0c089c0', 'hex');
/** AUTHENTICATE_MESSAGE without version and MIC. */
const AUTHENTICATE_HEADER_BYTES = 64;

export function ntlmNegotiate(): Buffer {
  return Buffer.concat([SIGNATURE, bytesOf.u32le(1), bytesOf.u32le(FLAGS), Buffer.alloc(16)]);
}

interface Challenge {
  readonly challenge: Buffer;
  readonly targetInfo: Buffer;
}

/** The CHALLENGE_MESSAGE inside a security buffer, whatever SPNEGO wraps it in. */
export function findChallenge(securityBuffer: Buffer): Challenge {
  const start = securityBuffer.indexOf(SIGNATURE);
  if (start < 0) throw new ProbeError('PROTOCOL', 'NO_NTLM_CHALLENGE');
  const message = securityBuffer.subarray(start);
  const fields = new Fields(message).skip(SIGNATURE.length);
  if (fields.u32le() !== 2) throw new ProbeError('PROTOCOL', 'NO_NTLM_CHALLENGE');
  fields.skip(12);
  const challenge = fields.take(8);
  const infoFields = fields.skip(8);
  if (infoFields.left < 8) return { challenge, targetInfo: Buffer.alloc(0) };
  const length = infoFields.u16le();
  const offset = infoFields.skip(2).u32le();
  return { challenge, targetInfo: message.subarray(offset, offset + length) };
}

/** AUTHENTICATE_MESSAGE. `clientChallenge`: 8 random bytes. */
export function ntlmAuthenticate(stranger: Stranger, given: Challenge, clientChallenge: Buffer): Buffer {
  const isNull = stranger === 'null';
  const user = isNull ? Buffer.alloc(0) : Buffer.from(GUEST_NAME, 'utf16le');
  const lmResponse = Buffer.alloc(isNull ? 1 : 24);
  const ntResponse = isNull ? Buffer.alloc(0) : ntlmV2Response(given, clientChallenge);
  const payload = [lmResponse, ntResponse, Buffer.alloc(0), user, Buffer.alloc(0), Buffer.alloc(0)];
  let offset = AUTHENTICATE_HEADER_BYTES;
  const pointers = payload.map((part) => {
    const size = bytesOf.u16le(part.length);
    const pointer = Buffer.concat([size, size, bytesOf.u32le(offset)]);
    offset += part.length;
    return pointer;
  });
  const flags = isNull ? (FLAGS | ANONYMOUS) >>> 0 : FLAGS;
  return Buffer.concat([SIGNATURE, bytesOf.u32le(3), ...pointers, bytesOf.u32le(flags), ...payload]);
}

/** NTLMv2 response of Guest with the empty password ([MS-NLMP] 3.3.2). */
function ntlmV2Response({ challenge, targetInfo }: Challenge, clientChallenge: Buffer): Buffer {
  const md5 = (key: Buffer, data: Buffer): Buffer => createHmac('md5', key).update(data).digest();
  const key = md5(EMPTY_NT_HASH, Buffer.from(GUEST_NAME.toUpperCase(), 'utf16le'));
  const zeros = Buffer.alloc(4);
  const blob = Buffer.concat([
    Buffer.of(1, 1, 0, 0, 0, 0, 0, 0),
    Buffer.alloc(8),
    clientChallenge,
    zeros,
    targetInfo,
    zeros,
  ]);
  return Buffer.concat([md5(key, Buffer.concat([challenge, blob])), blob]);
}

const SPNEGO = Buffer.from('2b0601050502', 'hex');
const NTLMSSP = Buffer.from('2b06010401823702020a', 'hex');

/** SPNEGO around the first token (RFC 4178 4.2.1). */
export function spnegoInit(token: Buffer): Buffer {
  const init = ber(0x30, ber(0xa0, ber(0x30, ber(0x06, NTLMSSP))), ber(0xa2, ber(0x04, token)));
  return ber(0x60, ber(0x06, SPNEGO), ber(0xa0, init));
}

/** SPNEGO around the second token (RFC 4178 4.2.2). */
export function spnegoResponse(token: Buffer): Buffer {
  return ber(0xa1, ber(0x30, ber(0xa2, ber(0x04, token))));
}
