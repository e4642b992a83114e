import { AE_TITLE_BYTES } from './limits.ts';

/**
 * The AE title in a 16-character field, or undefined when it is none (PS3.8 Table 9-11, PS3.5 6.2 "AE"): ISO 646
 * without control characters and backslash; outer spaces are not significant; all spaces is forbidden.
 */
export function parseAETitle(field: string): string | undefined {
  if (field.length > AE_TITLE_BYTES || !/^[\x20-\x5b\x5d-\x7e]*$/.test(field)) return undefined;
  const title = field.replace(/^ +| +$/g, '');
  return title === '' ? undefined : title;
}
