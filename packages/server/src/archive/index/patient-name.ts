import { Tag } from '@leadglass/dicom';
import { foldedGroups } from './matching/fold.ts';
import { packedField } from './packed.ts';
import { keyOf } from './query-keys.ts';

const { code: nameCode } = keyOf('PATIENT', Tag.PatientName);

/** The name of a patient as held: its first value. */
export function nameOf(packed: string): string {
  const text = packedField(packed, nameCode);
  const end = text.indexOf('\\');
  return end < 0 ? text : text.slice(0, end);
}

/** The different component groups of a name, folded; empty ones left out. */
export function namedGroups(name: string): string[] {
  const groups = foldedGroups(name);
  if (groups.length === 1) return groups[0] === '' ? [] : groups;
  return [...new Set(groups)].filter((group) => group !== '');
}
