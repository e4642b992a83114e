export type ScopeErrorCode =
  | 'TOML_INVALID'
  | 'KEY_UNKNOWN'
  | 'VALUE_INVALID'
  | 'KEY_MISSING'
  | 'RANGE_TOO_WIDE'
  | 'RANGE_NOT_ATTESTED'
  | 'RANGE_RESERVED'
  | 'NAME_UNRESOLVED'
  | 'NAME_PRIVATE'
  | 'PROOF_MISSING'
  | 'NOT_IN_FORCE'
  | 'PORT_OUTSIDE';

/** A mistake in the scope file. The run stops before the first packet; line and key say where to look. */
export class ScopeError extends Error {
  override readonly name = 'ScopeError';
  readonly code: ScopeErrorCode;
  /** Line of the file, from 1; undefined where the mistake is an absence. */
  readonly line: number | undefined;
  readonly key: string | undefined;

  constructor(code: ScopeErrorCode, detail: string, place: { line?: number | undefined; key?: string } = {}) {
    const where = [place.line === undefined ? '' : `line ${place.line}`, place.key ?? '']
      .filter((part) => part !== '')
      .join(', ');
    super(where === '' ? detail : `${where}: ${detail}`);
    this.code = code;
    this.line = place.line;
    this.key = place.key;
  }
}
