import { Tag } from '@leadglass/dicom';
import type { Cursor } from './driver.ts';
import type { DriverStatements } from './driver-statements.ts';
import type { Condition } from './matching.ts';
import { packedField } from './packed.ts';
import { keyOf } from './query-keys.ts';

export const { code: nameCode } = keyOf('PATIENT', Tag.PatientName);

/** A query for rows that have all of some trigrams. */
export const expressionOf = (trigrams: readonly string[]): string =>
  trigrams.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');

/** Where a driver goes on whose pages are ordered by row. */
export function idCursor(ids: readonly number[], rows: number): Cursor | undefined {
  const last = ids.at(-1);
  return last === undefined || ids.length < rows ? undefined : [last];
}

/** Those of some patients whose name fulfils a condition, and what else is asked of it, in the same order. */
export function patientsOf(
  ids: readonly number[],
  { test }: Condition,
  { packed }: DriverStatements,
  alsoTest: (packed: string) => boolean = () => true,
): number[] {
  const matching: number[] = [];
  for (const [id, text] of packed.all(JSON.stringify(ids)))
    if (test(packedField(text, nameCode)) && alsoTest(text)) matching.push(id);
  return matching;
}
