import type { Readable } from 'node:stream';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** After a start, a body must come at least this fast; a person's slowest line is a hundred times faster. */
const SLOWEST_BYTES_PER_SECOND = 1024;
const GRACE_MS = 20_000;

export interface BodyLimits {
  readonly maxBytes: number;
  readonly idleTimeoutMs: number;
}

/** The pieces of a body within its limits. @throws WebError 408, 413, 400 when the client breaks off */
export async function* bodyPieces(request: WebRequest, limits: BodyLimits): AsyncGenerator<Buffer> {
  const declared = Number(request.header('content-length') ?? 0);
  if (declared > limits.maxBytes) throw new WebError(413, 'BODY_TOO_LONG');
  const { body } = request;
  const begun = performance.now();
  let length = 0;
  let waiting = 0;
  for (;;) {
    const before = performance.now();
    const piece = await nextPiece(body, limits.idleTimeoutMs);
    if (piece === undefined) return;
    // Only the time in which we waited for the client counts against it.
    waiting += performance.now() - before;
    length += piece.length;
    if (length > limits.maxBytes) throw new WebError(413, 'BODY_TOO_LONG');
    const isSlow = waiting > GRACE_MS && length < (waiting / 1000) * SLOWEST_BYTES_PER_SECOND;
    if (isSlow && performance.now() - begun > GRACE_MS) throw new WebError(408, 'BODY_TOO_SLOW');
    yield piece;
  }
}

/** The whole of a short body. */
export async function readBody(request: WebRequest, limits: BodyLimits): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bodyPieces(request, limits)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What there is to read, or undefined at the end. */
async function nextPiece(body: Readable, idleTimeoutMs: number): Promise<Buffer | undefined> {
  for (;;) {
    const piece = body.read() as Buffer | null;
    if (piece !== null) return piece;
    if (body.readableEnded) return undefined;
    if (body.destroyed) throw new WebError(400, 'BODY_BROKEN_OFF');
    await readable(body, idleTimeoutMs);
  }
}

function readable(body: Readable, idleTimeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => {
      clearTimeout(timer);
      for (const event of ['readable', 'end', 'close', 'error', 'aborted']) body.off(event, wake);
      if (error) reject(error);
      else resolve();
    };
    const wake = (): void => done();
    // A process that was busy sees its timers before what came meanwhile: that gets its turn first.
    const tooSlow = (): void => void setImmediate(() => done(new WebError(408, 'BODY_TOO_SLOW')));
    const timer = setTimeout(tooSlow, idleTimeoutMs);
    for (const event of ['readable', 'end', 'close', 'error', 'aborted']) body.once(event, wake);
  });
}
