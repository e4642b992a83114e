/** Longest command set. The largest real one, with a long Attribute Identifier List, takes a few kilobytes. */
export const COMMAND_SET_MAX_BYTES = 64 * 1024;

/** Longest Error Comment: LO (PS3.7 C, PS3.5 6.2). */
export const ERROR_COMMENT_MAX_CHARACTERS = 64;

/** Most tags in an Offending Element or Attribute Identifier List: PS3.7 says 1-n; nobody has sent hundreds. */
export const TAG_LIST_MAX = 1024;

/** Longest value we keep of a text element of a command set; the Standard's are 16 (AE) and 64 (UI, LO) characters. */
export const COMMAND_TEXT_MAX_BYTES = 128;

/** Bytes handed to the socket at once: enough for a good writev, little enough that a slow peer costs no memory. */
export const WRITE_BATCH_BYTES = 256 * 1024;

/** Longest PDU we build when the peer's Maximum Length is larger or unlimited (0). */
export const SEND_PDU_MAX_BYTES = 256 * 1024;
