import type { OpenPart } from './multipart-body.ts';

/** So much of a part is read before it is wanted: what is small before its pixels, and the first of them. */
const BEGUN_BYTES = 16 * 1024;

/** A part that is sent when the one before it is. */
export interface UpcomingPart {
  /** Rejects when it cannot be had. */
  part(): Promise<OpenPart>;
  /** It was not wanted after all. */
  close(): Promise<void>;
}

interface Begun {
  readonly headers: OpenPart['headers'];
  readonly first: readonly IteratorResult<Uint8Array>[];
  readonly rest: AsyncIterator<Uint8Array>;
}

/** One that is read from its beginning while the one before it is on the wire. */
export function begunPart(making: Promise<OpenPart>): UpcomingPart {
  const begun = making.then(begin);
  // Whoever sends it is told; until then a failure must not go unhandled.
  begun.catch(() => undefined);
  return {
    async part() {
      const made = await begun;
      return { headers: made.headers, body: bytesOf(made) };
    },
    async close() {
      const made = await begun.catch(() => undefined);
      await made?.rest.return?.();
    },
  };
}

/** One for which nothing is done before its turn. */
export function laterPart(make: () => Promise<OpenPart>): UpcomingPart {
  return { part: make, close: () => Promise.resolve() };
}

/** Gives each in its turn, the next one made before the present one is sent. Closes what is left. */
export async function* inTurn(parts: Iterable<UpcomingPart>): AsyncGenerator<OpenPart> {
  const waiting: UpcomingPart[] = [];
  try {
    for (const next of parts) {
      waiting.push(next);
      if (waiting.length > 1) yield await (waiting.shift() as UpcomingPart).part();
    }
    for (let last = waiting.shift(); last; last = waiting.shift()) yield await last.part();
  } finally {
    for (const left of waiting) await left.close();
  }
}

async function begin({ headers, body }: OpenPart): Promise<Begun> {
  const rest = ('read' in body ? body.read(0, body.length) : body)[Symbol.asyncIterator]();
  const first: IteratorResult<Uint8Array>[] = [];
  for (let bytes = 0; bytes < BEGUN_BYTES;) {
    const next = await rest.next();
    first.push(next);
    if (next.done === true) break;
    bytes += next.value.length;
  }
  return { headers, first, rest };
}

async function* bytesOf({ first, rest }: Begun): AsyncGenerator<Uint8Array> {
  try {
    for (const next of first) {
      if (next.done === true) return;
      yield next.value;
    }
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
