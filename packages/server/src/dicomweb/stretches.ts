import { type TransferSyntax } from '@leadglass/dicom';
import { cut, GoneStudy, type InstanceRecord, stretch, type StoredBytes } from '../operations/index.ts';
import type { RangedBody } from './ranged-body.ts';

/** A stretch as a body, its bytes in the little endian order everybody expects. */
export function stretchBody(
  view: StoredBytes,
  record: InstanceRecord,
  place: { syntax: TransferSyntax; offset: number; length: number; swapUnit?: number },
): RangedBody {
  const { syntax, offset, length, swapUnit = 1 } = place;
  const isStoredSo = swapUnit === 1 && !syntax.deflated && view.fill !== undefined;
  return {
    length,
    ...(isStoredSo && {
      fill: async (target, from, to) => {
        const filled = view.fill?.(record, { from: offset + from, to: offset + to }, target);
        if (!filled) throw new GoneStudy();
        return filled;
      },
    }),
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

async function* swappedUnits(bytes: AsyncIterable<Uint8Array>, unit: number): AsyncGenerator<Uint8Array> {
  let carried: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    const all = Buffer.concat([carried, piece]);
    const whole = all.length - (all.length % unit);
    // A copy: the units may be gone once they are sent.
    carried = Buffer.from(all.subarray(whole));
    const units = all.subarray(0, whole);
    if (unit === 2) units.swap16();
    else if (unit === 4) units.swap32();
    else if (unit === 8) units.swap64();
    yield units;
  }
  if (carried.length > 0) yield carried;
}
