import type { Readable } from 'node:stream';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** After a start, a body must come at least this fast; a person's slowest line is a hundred times faster. */
const SLOWEST_BYTES_PER_SECOND = 1024;
const GRACE_MS = 20_000;
/** Memory of shorter pieces is not worth giving back one by one. */
const RELEASED_MIN_BYTES = 4 * 1024;

export interface BodyLimits {
  readonly maxBytes: number;
  readonly idleTimeoutMs: number;
}

export type Wants = 'more' | 'enough';
/**
 * Takes a piece of a body. Its memory is used again as soon as this returns, or what it returns resolves; until then
 * nothing more is read from the client.
 */
export type TakePiece = (piece: Buffer) => Wants | Promise<Wants>;

/**
 * Gives the pieces of a body to whoever takes them, as they arrive and within limits, until it has ended or is enough.
 * No promise is made and nothing is copied for a piece that is taken at once: there are 32 of them in a CT image.
 * @throws WebError 408, 413, 400 when the client breaks off; what `take` throws
 */
export async function takeBody(request: WebRequest, limits: BodyLimits, take: TakePiece): Promise<void> {
  const declared = Number(request.header('content-length') ?? 0);
  if (declared > limits.maxBytes) throw new WebError(413, 'BODY_TOO_LONG');
  await new Intake(request.body, limits, declared, take).done();
}

/** The whole of a short body. */
export async function readBody(request: WebRequest, limits: BodyLimits): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await takeBody(request, limits, (piece) => {
    pieces.push(Buffer.from(piece));
    return 'more';
  });
  return Buffer.concat(pieces);
}

/** Before the end, each says that there will be none. */
const BREAKS = ['close', 'error', 'aborted'] as const;

const brokenOff = (): WebError => new WebError(400, 'BODY_BROKEN_OFF');

/** A body on its way in. */
class Intake {
  readonly #body: Readable;
  readonly #limits: BodyLimits;
  /** What the client said there would be; 0 when it did not. */
  readonly #declared: number;
  readonly #take: TakePiece;
  #settle: (error?: unknown) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #length = 0;
  /** A piece is being taken: the client is not who is waited for. */
  #isTaking = false;
  /** The body told of its end, or broke off, while the last piece was being taken: that is finished first. */
  #goesNoFurther: (() => void) | undefined;
  #isOver = false;
  /** Time in which we waited for the client; only that counts against it. */
  #waitedMs = 0;
  #waitingSinceMs = performance.now();

  constructor(body: Readable, limits: BodyLimits, declared: number, take: TakePiece) {
    this.#body = body;
    this.#limits = limits;
    this.#declared = declared;
    this.#take = take;
  }

  /** Resolves when there is no more to take; called once. */
  done(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (error) => {
        if (error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error('taking a body failed', { cause: error }));
      };
      const body = this.#body;
      if (body.destroyed || body.readableEnded) {
        this.#end(body.readableEnded ? this.#cutShort() : brokenOff());
        return;
      }
      this.#watch(this.#limits.idleTimeoutMs);
      body.on('data', this.#arrived).on('end', this.#ended);
      for (const event of BREAKS) body.on(event, this.#broken);
      body.resume();
    });
  }

  readonly #arrived = (piece: Buffer): void => {
    this.#waitedMs += performance.now() - this.#waitingSinceMs;
    this.#length += piece.length;
    const tooMuch = this.#offence();
    if (tooMuch) {
      this.#end(tooMuch);
      return;
    }
    try {
      const wants = this.#take(piece);
      if (typeof wants === 'string') this.#taken(piece, wants);
      else this.#wait(piece, wants);
    } catch (error) {
      this.#end(error);
    }
  };

  readonly #ended = (): void => this.#afterTaking(() => this.#end(this.#cutShort()));
  readonly #broken = (): void => this.#afterTaking(() => this.#end(brokenOff()));

  #afterTaking(act: () => void): void {
    this.#goesNoFurther ??= act;
    if (!this.#isTaking) act();
  }

  /** Over HTTP/2 a stream that the client resets without an error ends like a whole one. */
  #cutShort(): WebError | undefined {
    return this.#length < this.#declared ? brokenOff() : undefined;
  }

  #offence(): WebError | undefined {
    if (this.#length > this.#limits.maxBytes) return new WebError(413, 'BODY_TOO_LONG');
    const isSlow =
      this.#waitedMs > GRACE_MS && this.#length < (this.#waitedMs / 1000) * SLOWEST_BYTES_PER_SECOND;
    return isSlow ? new WebError(408, 'BODY_TOO_SLOW') : undefined;
  }

  #wait(piece: Buffer, wants: Promise<Wants>): void {
    this.#isTaking = true;
    this.#body.pause();
    wants.then(
      (wanted) => {
        this.#isTaking = false;
        this.#taken(piece, wanted);
        this.#goesNoFurther?.();
        if (!this.#isOver) this.#body.resume();
      },
      (error: unknown) => this.#end(error),
    );
  }

  #taken(piece: Buffer, wants: Wants): void {
    giveBack(piece);
    this.#waitingSinceMs = performance.now();
    if (wants === 'enough') this.#end();
  }

  /** Looks at the clock when a client that sent nothing since would be too slow; a piece costs no timer of its own. */
  #watch(inMs: number): void {
    this.#timer = setTimeout(() => {
      // A process that was busy sees its timers before what came meanwhile: that gets its turn first.
      setImmediate(() => {
        if (this.#isOver) return;
        const idleMs = this.#isTaking ? 0 : performance.now() - this.#waitingSinceMs;
        const leftMs = this.#limits.idleTimeoutMs - idleMs;
        if (leftMs > 0) this.#watch(leftMs);
        else this.#end(new WebError(408, 'BODY_TOO_SLOW'));
      });
    }, inMs);
  }

  /** Leaves the body alone: what it still has is for others. */
  #end(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#body.off('data', this.#arrived).off('end', this.#ended);
    for (const event of BREAKS) this.#body.off(event, this.#broken);
    if (!this.#body.readableEnded) this.#body.pause();
    this.#settle(error);
  }
}

/** The next read finds the memory warm, and the garbage collector does not have to run for every few images. */
function giveBack({ buffer, byteLength }: Buffer): void {
  if (byteLength < RELEASED_MIN_BYTES) return;
  // Only a piece that has its memory for itself: HTTP/2 cuts its frames out of what it read.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
