import { WebError } from './web-error.ts';

/** Longest Accept we read: browsers send some 200 characters, DICOMweb clients with every syntax some 2,000. */
const HEADER_LENGTH_MAX = 8192;
/** Alternatives in one Accept. */
const ALTERNATIVES_MAX = 64;

/** A media type or range with its parameters, names in lower case (RFC 9110 8.3.1). */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface AcceptedType extends MediaType {
  /** Weight, 0 to 1 (RFC 9110 12.4.2). */
  readonly q: number;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
const TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+/;

/** Reads text from its start; what is left decides what comes next. */
class Scanner {
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
  if (text.length > HEADER_LENGTH_MAX) return undefined;
  const scanner = new Scanner(text);
  const found = takeMediaType(scanner);
  return scanner.isAtEnd ? found : undefined;
}

function takeMediaType(scanner: Scanner): MediaType | undefined {
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

/** Alternatives of an Accept, the preferred ones first. @throws WebError 400 */
export function parseAccept(text: string): readonly AcceptedType[] {
  if (text.length > HEADER_LENGTH_MAX) throw new WebError(400, 'ACCEPT_TOO_LONG');
  const scanner = new Scanner(text);
  const found: AcceptedType[] = [];
  do {
    const media = takeMediaType(scanner);
    if (media === undefined) throw new WebError(400, 'ACCEPT_UNREADABLE');
    const q = Number(media.parameters.get('q') ?? 1);
    if (!(q >= 0 && q <= 1)) throw new WebError(400, 'ACCEPT_UNREADABLE');
    if (q > 0) found.push({ ...media, q });
    if (found.length > ALTERNATIVES_MAX) throw new WebError(400, 'ACCEPT_TOO_LONG');
  } while (scanner.take(/^,/) !== undefined);
  if (!scanner.isAtEnd) throw new WebError(400, 'ACCEPT_UNREADABLE');
  return found.sort((a, b) => b.q - a.q);
}

/** One way in which the client takes what it asks for: a part of this type, alone or in multipart/related. */
export interface Wish {
  /** A type, or a range such as `image/*`. */
  readonly type: string;
  /** undefined: whichever suits, because the client takes anything. */
  readonly multipart: boolean | undefined;
  /** A UID, `*` for as stored, undefined when none was named. */
  readonly transferSyntax: string | undefined;
}

/**
 * The wishes of a request in order of preference (PS3.18 8.7.4): parameter `accept` before the header. No Accept means
 * anything.
 */
export function wishesOf(header: string | undefined, parameter: string | undefined): readonly Wish[] {
  const text = parameter ?? header ?? '';
  const accepted: readonly AcceptedType[] =
    text.trim() === '' ? [{ type: '*/*', parameters: new Map<string, string>(), q: 1 }] : parseAccept(text);
  return accepted.map(({ type, parameters }) => {
    const transferSyntax = parameters.get('transfer-syntax');
    if (type === 'multipart/related') {
      return { type: parameters.get('type')?.toLowerCase() ?? '*/*', multipart: true, transferSyntax };
    }
    const multipart = type === '*/*' ? undefined : type === 'multipart/*' ? true : false;
    return { type: type === 'multipart/*' ? '*/*' : type, multipart, transferSyntax };
  });
}

/** Whether a range (`image/*`) covers a type. */
export function covers(range: string, type: string): boolean {
  if (range === '*/*' || range === type) return true;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1));
}
