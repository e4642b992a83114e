import { vrInfo } from '../dictionary/vr.ts';
import type { VR } from '../dictionary/vr.ts';

export const ESC = 0x1b;
export const BACKSLASH = 0x5c;

/** TAB, LF, FF, CR: after each of them the initial character set is active again (PS3.5 6.1.2.5.3). */
const textControls: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d]);

const multiValueDelimiters: ReadonlySet<number> = new Set([...textControls, BACKSLASH]);

/** Components and component groups of PN: '^' and '='. */
const personNameDelimiters: ReadonlySet<number> = new Set([...multiValueDelimiters, 0x5e, 0x3d]);

/** Characters at which a VR's text goes back to the initial character set (PS3.5 6.1.2.5.3). */
export function resetDelimiters(vr: VR): ReadonlySet<number> {
  if (vr === 'PN') return personNameDelimiters;
  return vrInfo(vr).multiValue ? multiValueDelimiters : textControls;
}
