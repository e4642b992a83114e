import { transferSyntax, TransferSyntaxUID } from '@leadglass/dicom';

/** Retired, and no data set of one instance: a file of it holds several images, reached by offsets of its own. */
const OTHER_FILES: ReadonlySet<string> = new Set([TransferSyntaxUID.Papyrus3ImplicitVRLittleEndian]);

/** Their pixels are behind a URL (PS3.5 A.6, A.7, A.11, A.12): kept as they come, and nothing of ours goes there. */
const ELSEWHERE = 'jpip';

/**
 * Whether a stored composite instance can be in this transfer syntax: its pixels are in the data set, as they are or in
 * fragments (PS3.5 A.1 to A.5, retired processes included), or it says where they are. That leaves out
 * - SMPTE ST 2110 (A.8 to A.10): flows of a room, in which nothing is kept;
 * - RFC 2557 MIME and XML (retired): wrappings of media, no encoding of data elements.
 */
export function isStorageSyntax(uid: string): boolean {
  const syntax = transferSyntax(uid);
  if (syntax === undefined || OTHER_FILES.has(uid)) return false;
  return syntax.encapsulated || syntax.codec === 'native' || syntax.codec.startsWith(ELSEWHERE);
}
