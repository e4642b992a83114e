/** Why this room said no. Stable: programs, tests and the trail read the code. */
export type IdentityErrorCode =
  | 'INVALID_AE_TITLE'
  | 'INVALID_VERB'
  | 'INVALID_ADDRESS'
  | 'ADDRESS_NOT_PRIVATE'
  | 'INVALID_PORT'
  | 'INVALID_FINGERPRINT'
  | 'INVALID_HOST'
  | 'INVALID_VALIDITY'
  | 'DEVICE_EXISTS'
  | 'DEVICE_UNKNOWN'
  | 'DEVICE_REVOKED'
  | 'DEVICE_HAS_NO_CERTIFICATE'
  | 'CERTIFICATE_UNKNOWN'
  | 'CERTIFICATE_IN_USE'
  | 'TOO_MANY_DEVICES'
  | 'REGISTRY_UNREADABLE'
  | 'REGISTRY_LOCKED'
  | 'REGISTRY_NOT_SEALED'
  | 'REGISTRY_SEAL_BROKEN'
  | 'REGISTRY_KEY_NEEDED'
  | 'CERTIFICATE_REQUEST_UNREADABLE'
  | 'CERTIFICATE_REQUEST_SIGNATURE'
  | 'CERTIFICATE_REQUEST_KEY'
  | 'TOKEN_UNKNOWN'
  | 'TOO_MANY_TOKENS'
  | 'INVALID_TOKEN_NAME'
  | 'TOKENS_UNREADABLE'
  | 'SEALED_FILE_UNREADABLE'
  | 'KEY_DOES_NOT_MATCH_CERTIFICATE';

/** A typed refusal. `facts` are safe to log: AE titles, codes, counts; never an attribute value, never a key. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(
    code: IdentityErrorCode,
    message: string,
    facts: Readonly<Record<string, string | number>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'IdentityError';
    this.code = code;
    this.facts = facts;
  }
}
