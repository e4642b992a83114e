import { type Answer, type Headers, isHeld, parseRange, type Sending } from './answer.ts';
import type { WebRequest } from './web-request.ts';

/** A body of known length of which any stretch can be read. */
export interface RangedBody {
  readonly length: number;
  /** All of it, when it is at hand. */
  readonly bytes?: Uint8Array;
  read(from: number, to: number): AsyncIterable<Uint8Array>;
  /** Puts a stretch into memory, where that is quicker, and gives the memory, which another thread may have had. */
  readonly fill?: Fill;
}

export type Fill = (
  target: { readonly memory: ArrayBuffer; readonly at: number },
  from: number,
  to: number,
) => Promise<ArrayBuffer>;

/** Sends a body as a whole, the stretch that was asked for (206), or 304 when the client has it. */
export async function sendRanged(
  request: WebRequest,
  answer: Answer,
  body: RangedBody,
  about: { entityTag: string; headers: Headers } & Sending,
): Promise<void> {
  const headers = { ...about.headers, ETag: about.entityTag, 'Accept-Ranges': 'bytes' };
  if (isHeld(request.header('if-none-match'), about.entityTag)) {
    answer.send(304, headers);
    return;
  }
  const ifRange = request.header('if-range');
  const wanted = ifRange === undefined || ifRange === about.entityTag ? request.header('range') : undefined;
  const range = parseRange(wanted, body.length);
  if (range === 'unsatisfiable') {
    answer.send(416, { 'Content-Range': `bytes */${body.length}` });
    return;
  }
  if (range === 'whole') {
    await sendStretch(answer, 200, headers, { body, from: 0, to: body.length, about });
    return;
  }
  const { from, to } = range;
  const contentRange = `bytes ${from}-${to - 1}/${body.length}`;
  await sendStretch(answer, 206, { ...headers, 'Content-Range': contentRange }, { body, from, to, about });
}

async function sendStretch(
  answer: Answer,
  status: number,
  headers: Headers,
  { body, from, to, about }: { body: RangedBody; from: number; to: number; about: Sending },
): Promise<void> {
  const length = to - from;
  const all = { ...headers, 'Content-Length': length };
  const { fill } = body;
  // What is of use before all of it is there is sent piece by piece.
  if (fill && about.beginsEarly !== true && answer.takesWhole(length))
    await answer.sendWhole(status, all, length, (memory) => fill({ memory, at: 0 }, from, to));
  else await answer.stream(status, all, body.read(from, to), about);
}

/** Answers 304 when the client has it: asked before anything is decoded. */
export function sendHeld(
  request: WebRequest,
  answer: Answer,
  about: { entityTag: string; headers: Headers },
): boolean {
  if (!isHeld(request.header('if-none-match'), about.entityTag)) return false;
  answer.send(304, { ...about.headers, ETag: about.entityTag });
  return true;
}

/** Bytes at hand as a body. */
export function bytesBody(bytes: Uint8Array): RangedBody {
  return {
    length: bytes.length,
    bytes,
    read: (from, to) => one(bytes.subarray(from, to)),
    fill: ({ memory, at }, from, to) => {
      new Uint8Array(memory, at).set(bytes.subarray(from, to));
      return Promise.resolve(memory);
    },
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** One body behind the other. */
export function joined(parts: readonly RangedBody[]): RangedBody {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    length,
    ...(parts.every(({ fill }) => fill !== undefined) && { fill: filling(parts) }),
    async *read(from, to) {
      let start = 0;
      for (const part of parts) {
        const end = start + part.length;
        if (end > from && start < to) {
          const stretch = [Math.max(0, from - start), Math.min(part.length, to - start)] as const;
          if (part.bytes) yield part.bytes.subarray(...stretch);
          else yield* part.read(...stretch);
        }
        start = end;
      }
    },
  };
}

/** One behind the other: each has the memory in its turn. */
function filling(parts: readonly RangedBody[]): Fill {
  return async (target, from, to) => {
    let { memory } = target;
    let start = 0;
    for (const part of parts) {
      const [partFrom, partTo] = [Math.max(0, from - start), Math.min(part.length, to - start)];
      const at = target.at + start + partFrom - from;
      if (part.fill && partFrom < partTo) memory = await part.fill({ memory, at }, partFrom, partTo);
      start += part.length;
    }
    return memory;
  };
}
