import { ProbeError } from '../transport/index.ts';
import type { Parse } from './answer-reader.ts';
import { framed } from './answer-reader.ts';
import { bytesOf } from './fields.ts';

/** PostgreSQL frontend/backend protocol 3.0, as far as the first answer to a startup message. */
const PROTOCOL_3_0 = 0x00030000;

export function startupMessage(user: string, database: string): Buffer {
  const parameters = Buffer.from(`user\0${user}\0database\0${database}\0\0`, 'latin1');
  return Buffer.concat([bytesOf.u32be(8 + parameters.length), bytesOf.u32be(PROTOCOL_3_0), parameters]);
}

export type StartupAnswer =
  | { readonly kind: 'authentication'; readonly method: number }
  | { readonly kind: 'error'; readonly sqlState: string };

const typed = framed(5, (header) => {
  const type = header.toString('latin1', 0, 1);
  if (type !== 'R' && type !== 'E') throw new ProbeError('PROTOCOL', 'NO_POSTGRESQL');
  return 1 + header.readUInt32BE(1);
});

/** AuthenticationXxx, of which 0 is Ok, or the SQLSTATE of an ErrorResponse. Texts are passed over. */
export const startupAnswer: Parse<StartupAnswer> = (bytes) => {
  const message = typed(bytes);
  if (message === undefined) return undefined;
  const { value, length } = message;
  if (value[0] === 0x52) {
    if (value.length < 9) throw new ProbeError('PROTOCOL', 'NO_POSTGRESQL');
    return { value: { kind: 'authentication', method: value.readUInt32BE(5) }, length };
  }
  const sqlState = /(?:^|\0)C([0-9A-Z]{5})\0/.exec(value.toString('latin1', 5))?.[1] ?? '';
  return { value: { kind: 'error', sqlState }, length };
};
