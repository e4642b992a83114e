import {
  MEDIA_TYPES_LENGTH_MAX,
  type MediaType,
  MediaTypeScanner,
  takeMediaType,
} from '../http-media/media-type.ts';
import { WebError } from './web-error.ts';

/** Alternatives in one Accept. */
const ALTERNATIVES_MAX = 64;

export interface AcceptedType extends MediaType {
  /** Weight, 0 to 1 (RFC 9110 12.4.2). */
  readonly q: number;
}

/** Alternatives of an Accept, the preferred ones first. @throws WebError 400 */
export function parseAccept(text: string): readonly AcceptedType[] {
  if (text.length > MEDIA_TYPES_LENGTH_MAX) throw new WebError(400, 'ACCEPT_TOO_LONG');
  const scanner = new MediaTypeScanner(text);
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
