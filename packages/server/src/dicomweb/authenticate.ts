import type { TLSSocket } from 'node:tls';
import {
  authenticateDevice,
  type DeviceRegistry,
  type Principal,
  type TokenRegistry,
} from '../identity/index.ts';

/** Longest Authorization we read; ours has 82 characters. */
const AUTHORIZATION_LENGTH_MAX = 4096;

export interface Doorkeepers {
  readonly tokens: TokenRegistry;
  readonly registry: DeviceRegistry;
}

export type Authentication =
  | { readonly principal: Principal; readonly refusal?: undefined }
  | {
      readonly principal?: undefined;
      readonly refusal: string;
      readonly certificateSerial?: string;
      /** For WWW-Authenticate (RFC 6750 3.1): a token was there and does not count. */
      readonly hadToken: boolean;
    };

/** Who sends this request: a bearer token if there is one, else the certificate of the connection. Nobody else. */
export function authenticate(
  authorization: string | undefined,
  socket: TLSSocket,
  { tokens, registry }: Doorkeepers,
): Authentication {
  if (authorization !== undefined) {
    const isTooLong = authorization.length > AUTHORIZATION_LENGTH_MAX;
    const [, token] = isTooLong ? [] : (/^Bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? []);
    if (token === undefined) return { refusal: 'NOT_A_TOKEN', hadToken: true };
    const checked = tokens.authenticate(token);
    return checked.principal ? checked : { refusal: checked.refusal, hadToken: true };
  }
  const checked = authenticateDevice(socket, registry);
  if (checked.principal) return checked;
  const serial = checked.serial === undefined ? {} : { certificateSerial: checked.serial };
  return { refusal: checked.refusal, hadToken: false, ...serial };
}
