import { hash, randomBytes } from 'node:crypto';
import { closing, partHeader } from '../http-media/multipart-lines.ts';
import { bytesBody, joined, type RangedBody } from './ranged-body.ts';

/** Nobody who stores a file can know where our parts will end. */
const SECRET = randomBytes(32).toString('base64');

export interface Part {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RangedBody;
}

/** A part whose length is not known before it was sent. */
export interface OpenPart {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RangedBody | AsyncIterable<Uint8Array>;
}

/** The same for the same answer, so that it can be asked for again and in pieces. */
export function boundaryOf(entityTag: string): string {
  return namesOf(entityTag).boundary;
}

/**
 * What names a multipart answer of bodies that have this validator: its boundary, and its own validator, for the
 * boundary is this process's own, and so the bytes are.
 */
export function namesOf(entityTag: string): { readonly boundary: string; readonly ownTag: string } {
  // Less than the whole digest is shown, so that nothing can be computed from it: no HMAC, which costs ten times more.
  const digest = hash('sha512', `${SECRET} ${entityTag}`);
  return { boundary: digest.slice(0, 40), ownTag: `"${digest.slice(40, 72)}"` };
}

/** multipart/related of parts whose lengths are known (RFC 2387). */
export function multipartBody(parts: readonly Part[], boundary: string): RangedBody {
  const bodies = parts.flatMap(({ headers, body }, index) => [
    bytesBody(partHeader(boundary, headers, index === 0)),
    body,
  ]);
  return joined([...bodies, bytesBody(closing(boundary))]);
}

/** The same when parts come one by one. */
export async function* multipartStream(
  parts: AsyncIterable<OpenPart> | Iterable<OpenPart>,
  boundary: string,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const { headers, body } of parts) {
    yield partHeader(boundary, headers, isFirst);
    yield* 'read' in body ? body.read(0, body.length) : body;
    isFirst = false;
  }
  yield closing(boundary);
}
