import { Tag } from '../generated/tags.js';

/**
 * Tags of the data elements of PS3.6 and PS3.7 by keyword: `Tag.PatientID === 0x00100020`. Elements with a
 * mask (50xx, 60xx, ...) are left out: they have no single tag.
 */
export { Tag };

/** Tags that stand between elements (PS3.5 7.5). */
export const ITEM = 0xfffee000;
export const ITEM_DELIMITATION_ITEM = 0xfffee00d;
export const SEQUENCE_DELIMITATION_ITEM = 0xfffee0dd;

/** '00100020': eight upper-case hexadecimal digits, as in DICOM JSON (PS3.18 F.2.2). */
export function tagHex(tag: number): string {
  return (tag >>> 0).toString(16).toUpperCase().padStart(8, '0');
}

/** '(0010,0020)', as the Standard prints it. */
export function formatTag(tag: number): string {
  const hex = tagHex(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** The tag of a keyword ('PatientID') or of hexadecimal digits ('00100020', '(0010,0020)'); undefined when it is neither. */
export function tagOf(keywordOrHex: string): number | undefined {
  if (Object.hasOwn(Tag, keywordOrHex)) return Tag[keywordOrHex as keyof typeof Tag];
  const digits = /^\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?$/.exec(keywordOrHex);
  return digits === null ? undefined : Number.parseInt(`${digits[1] ?? ''}${digits[2] ?? ''}`, 16);
}

/** Whether the group number is odd: a private element (PS3.5 7.8). */
export function isPrivate(tag: number): boolean {
  return (tag & 0x10000) !== 0;
}

/** Whether the element is a group length (gggg,0000), retired for all groups but 0000 and 0002 (PS3.5 7.2). */
export function isGroupLength(tag: number): boolean {
  return (tag & 0xffff) === 0;
}

/** Whether the element reserves a block of private elements (gggg,0010-00FF), PS3.5 7.8.1. */
export function isPrivateCreator(tag: number): boolean {
  const element = tag & 0xffff;
  return isPrivate(tag) && element >= 0x0010 && element <= 0x00ff;
}
