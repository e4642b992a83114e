export type ConfigErrorCode =
  | 'FILE_UNREADABLE'
  | 'SYNTAX'
  | 'UNKNOWN_KEY'
  | 'WRONG_VALUE'
  | 'PLAIN_ADDRESS_NOT_PRIVATE'
  | 'KEY_FILE_MISSING'
  | 'KEY_FILE_EXPOSED'
  | 'KEY_FILE_IN_DATA_FOLDER'
  | 'KEY_FILE_UNREADABLE'
  | 'KEY_FILE_EXISTS'
  | 'PASSPHRASE_TOO_SHORT'
  | 'PASSPHRASE_MISSING'
  | 'WRONG_KEY'
  | 'DATA_FOLDER_NOT_EMPTY'
  | 'DATA_FOLDER_EXISTS'
  | 'NO_INSTALLATION'
  | 'INSTALLATION_UNREADABLE';

/** A typed refusal whose message says what to do. Never a secret, never a value of a patient. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(
    code: ConfigErrorCode,
    message: string,
    facts: Readonly<Record<string, string | number>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConfigError';
    this.code = code;
    this.facts = facts;
  }
}
