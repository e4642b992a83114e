import { Tag } from '@leadglass/dicom';
import type { DriverStatements } from './driver-statements.ts';
import type { Condition } from '../matching/matching.ts';
import { packedField } from '../packed.ts';
import { keyOf } from '../query-keys.ts';

const { code: nameCode } = keyOf('PATIENT', Tag.PatientName);

/** Those of some patients whose name fulfils a condition, in the same order. */
export function patientsOf(
  ids: readonly number[],
  { test }: Condition,
  packed: DriverStatements['packed'],
): number[] {
  const matching: number[] = [];
  for (const [id, text] of packed.all(JSON.stringify(ids)))
    if (test(packedField(text, nameCode))) matching.push(id);
  return matching;
}
