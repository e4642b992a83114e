import { dictionaryEntry } from './dictionary.ts';
import type { VR } from './vr.ts';

/**
 * The VR of an element whose encoding does not name it (PS3.5 Annex A.1 and section 6.2.2): the dictionary's,
 * and UN where it has none. Where the dictionary leaves a choice:
 * - OB or OW is OW, as Implicit VR Little Endian demands for Pixel Data and overlays (A.1);
 * - US or SS is SS only if Pixel Representation says that pixels are signed (PS3.3 C.7.6.3);
 * - US or OW (lookup tables) is OW: US could not hold 65536 entries in Explicit VR.
 */
export function implicitVR(tag: number, pixelsAreSigned: boolean): VR {
  const vrs = dictionaryEntry(tag)?.vrs;
  const only = vrs?.[0];
  if (vrs === undefined || only === undefined) return 'UN';
  if (vrs.length === 1) return only;
  if (vrs.includes('OW')) return 'OW';
  if (vrs.includes('SS')) return pixelsAreSigned ? 'SS' : 'US';
  return only;
}

/** Whether implicitVR() needs to know Pixel Representation for this tag. */
export function dependsOnPixelRepresentation(tag: number): boolean {
  const vrs = dictionaryEntry(tag)?.vrs;
  return vrs !== undefined && vrs.length > 1 && vrs.includes('SS') && !vrs.includes('OW');
}
