import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { type TransferSyntax } from '@leadglass/dicom';
import { GoneStudy, type InstanceRecord, type View } from '../operations/index.ts';
import type { RangedBody } from './ranged-body.ts';

/** A deflated data set may be this long when inflated; ReadLimits has the same. */
const INFLATED_MAX_BYTES = 512 * 1024 * 1024;

/** A stretch of the stored data set; offsets count in the inflated one when it is deflated. */
export function stretch(
  view: View,
  record: InstanceRecord,
  syntax: TransferSyntax,
  from: number,
  to: number,
): AsyncIterable<Uint8Array> {
  const bytes = view.read(record, syntax.deflated ? undefined : { from, to });
  if (!bytes) throw new GoneStudy();
  return syntax.deflated ? cut(inflated(bytes), from, to) : bytes;
}

/** A stretch as a body, its bytes in the little endian order everybody expects. */
export function stretchBody(
  view: View,
  record: InstanceRecord,
  place: { syntax: TransferSyntax; offset: number; length: number; swapUnit?: number },
): RangedBody {
  const { syntax, offset, length, swapUnit = 1 } = place;
  return {
    length,
    read(from, to) {
      if (swapUnit === 1) return stretch(view, record, syntax, offset + from, offset + to);
      // Whole units are swapped, then what was not asked for is left away.
      const first = from - (from % swapUnit);
      const last = Math.min(length, Math.ceil(to / swapUnit) * swapUnit);
      const units = swappedUnits(stretch(view, record, syntax, offset + first, offset + last), swapUnit);
      return cut(units, from - first, to - first);
    },
  };
}

async function* inflated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw();
  // Errors reach whoever reads the inflater.
  pipeline(Readable.from(bytes), inflater, () => undefined);
  let length = 0;
  for await (const piece of inflater as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > INFLATED_MAX_BYTES) throw new RangeError('inflated beyond the limit');
    yield piece;
  }
}

/** A stretch of what is read from its beginning. */
export async function* cut(
  bytes: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let start = 0;
  for await (const piece of bytes) {
    const end = start + piece.length;
    if (end > from && start < to)
      yield piece.subarray(Math.max(0, from - start), Math.min(piece.length, to - start));
    start = end;
    if (start >= to) return;
  }
}

async function* swappedUnits(bytes: AsyncIterable<Uint8Array>, unit: number): AsyncGenerator<Uint8Array> {
  let carried: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    const all = Buffer.concat([carried, piece]);
    const whole = all.length - (all.length % unit);
    carried = all.subarray(whole);
    const units = all.subarray(0, whole);
    if (unit === 2) units.swap16();
    else if (unit === 4) units.swap32();
    else if (unit === 8) units.swap64();
    yield units;
  }
  if (carried.length > 0) yield carried;
}
