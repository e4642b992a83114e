import { IdentityError } from './errors.ts';

/** PS3.5 Table 6.2-1, VR AE: at most 16 bytes. */
export const AE_TITLE_LENGTH_MAX = 16;

/**
 * An AE title as PS3.5 section 6.2 allows it: 1 to 16 characters of ISO 646 without backslash and
 * control characters; leading and trailing spaces are not significant and are cut; all spaces is no title.
 * @throws IdentityError INVALID_AE_TITLE
 */
export function parseAETitle(text: string): string {
  const title = text.replace(/^ +| +$/g, '');
  if (title.length === 0 || title.length > AE_TITLE_LENGTH_MAX || !/^[\x20-\x5b\x5d-\x7e]+$/.test(title)) {
    throw new IdentityError(
      'INVALID_AE_TITLE',
      'an AE title has 1 to 16 characters of ASCII, no backslash and no control character',
      { length: title.length },
    );
  }
  return title;
}

/** A folder or file name for an AE title: what is not a plain letter, digit, dash or underscore becomes `_`. */
export function aeTitleFileName(aeTitle: string): string {
  return aeTitle.replace(/[^A-Za-z0-9_-]/g, '_');
}
