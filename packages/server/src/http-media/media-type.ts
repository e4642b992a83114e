/** Longest header with media types we read: browsers send some 200 characters, DICOMweb clients with every syntax some 2,000. */
export const MEDIA_TYPES_LENGTH_MAX = 8192;

/** A media type or range with its parameters, names in lower case (RFC 9110 8.3.1). */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
const TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+/;

/** Reads text from its start; what is left decides what comes next. */
export class MediaTypeScanner {
  #rest: string;
  constructor(text: string) {
    this.#rest = text.trim();
  }

  get isAtEnd(): boolean {
    return this.#rest === '';
  }

  take(pattern: RegExp): string | undefined {
    const [found] = pattern.exec(this.#rest) ?? [];
    if (found !== undefined) this.#rest = this.#rest.slice(found.length).trimStart();
    return found;
  }

  /** A token or a quoted string; parameters of DICOM media types hold media types and UIDs, some unquoted. */
  takeValue(): string | undefined {
    const quoted = this.take(/^"(?:[^"\\\r\n]|\\[^\r\n])*"/);
    if (quoted !== undefined) return quoted.slice(1, -1).replace(/\\(.)/g, '$1');
    return this.take(/^[^;,"\s]+/);
  }
}

/** A Content-Type; undefined when it is none. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text.length > MEDIA_TYPES_LENGTH_MAX) return undefined;
  const scanner = new MediaTypeScanner(text);
  const found = takeMediaType(scanner);
  return scanner.isAtEnd ? found : undefined;
}

/** The next media type with its parameters; undefined when there is none. */
export function takeMediaType(scanner: MediaTypeScanner): MediaType | undefined {
  const type = scanner.take(TYPE)?.toLowerCase();
  if (type === undefined) return undefined;
  const parameters = new Map<string, string>();
  while (scanner.take(/^;/) !== undefined) {
    const name = scanner.take(TOKEN)?.toLowerCase();
    // A semicolon with nothing behind it is seen in the wild and means nothing.
    if (name === undefined) continue;
    if (scanner.take(/^=/) === undefined) return undefined;
    const value = scanner.takeValue();
    if (value === undefined || parameters.has(name)) return undefined;
    parameters.set(name, value);
  }
  return { type, parameters };
}
