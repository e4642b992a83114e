import { randomBytes, randomUUID } from 'node:crypto';

/** Who we say we are, on every association and request. Nobody should have to guess who knocked. */
export const CALLING_AE_TITLE = 'EXPOAUDIT';

/** Our implementation class UID, made once from a UUID (PS3.5 B.2). */
export const IMPLEMENTATION_CLASS_UID = '2.25.306846921275087349185241563102577481221';

/** PS3.7 D.3.3.2.3 allows 16 characters; "LEADGLASS_AUDIT" has 15. */
export const IMPLEMENTATION_VERSION_NAME = 'LEADGLASS_AUDIT';

/**
 * What web servers log: the program, and whom to call about it, as the scope says. Only the characters a comment may
 * hold as they are (RFC 9110 5.6.5).
 */
export function userAgentFor(contact: string): string {
  return `leadglass-auditor/0.1 (exposure audit; contact: ${contact.replace(/[^\x20-\x27\x2a-\x5b\x5d-\x7e]/g, '_')})`;
}

/** A UID that names nothing anywhere: an honest server has no match for it (PS3.5 B.2). */
export function freshUID(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}

/** An AE title nobody configured. */
export function freshAETitle(): string {
  return `X${randomBytes(6).toString('hex').toUpperCase()}`;
}
