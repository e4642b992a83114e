import type { FileCheck } from '../../files/file-check.ts';
import { beginsWith, programKinds, signatureAt } from '../../files/signatures.ts';
import { meta } from './meta.ts';

/** TIFF and BigTIFF, both byte orders (PS3.10 Annex A names TIFF as the reason there is a preamble). */
const tiffStarts: readonly (readonly number[])[] = [
  [0x49, 0x49, 0x2a, 0],
  [0x4d, 0x4d, 0, 0x2a],
  [0x49, 0x49, 0x2b, 0],
  [0x4d, 0x4d, 0, 0x2b],
];

/** P02: a preamble that is neither zero nor TIFF; programs are P01's. */
export const check: FileCheck = {
  meta,
  visit({ preamble }, notes) {
    if (preamble === undefined || preamble.every((byte) => byte === 0)) return undefined;
    const kind = signatureAt(preamble);
    if (tiffStarts.some((start) => beginsWith(preamble, start))) notes.count('tiff');
    else if (kind === undefined || !programKinds.has(kind)) notes.expose(kind ?? 'unknown');
    return undefined;
  },
};
