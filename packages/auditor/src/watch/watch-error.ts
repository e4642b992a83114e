export type WatchErrorCode =
  | 'CONFIG_INVALID'
  | 'SECRET_UNUSABLE'
  | 'IN_USE'
  | 'NO_HISTORY'
  | 'HISTORY_NEWER'
  | 'NO_SUCH_RUN'
  | 'SCOPE_ENDED'
  | 'OUT_OF_TIME'
  | 'ADDRESS_REFUSED';

/** The watch cannot begin or go on. In `watch.toml`, line and key say where. Never holds a secret. */
export class WatchError extends Error {
  override readonly name = 'WatchError';
  readonly code: WatchErrorCode;
  /** Line of the configuration file, from 1. */
  readonly line: number | undefined;
  readonly key: string | undefined;

  constructor(code: WatchErrorCode, detail: string, place: { line?: number | undefined; key?: string } = {}) {
    const parts = [place.line === undefined ? '' : `line ${place.line}`, place.key ?? ''];
    const where = parts.filter((part) => part !== '').join(', ');
    super(where === '' ? detail : `${where}: ${detail}`);
    this.code = code;
    this.line = place.line;
    this.key = place.key;
  }
}
