/**
 * Limits of the upper layer PDUs. Everything a peer announces is compared with one of these before memory is
 * spent on it.
 */

/** Type, reserved byte and 32-bit length in front of every PDU (PS3.8 9.3.1). */
export const PDU_HEADER_BYTES = 6;

/** Item length (4), presentation context ID (1) and message control header (1) of a PDV (PS3.8 9.3.5.1, Annex E.2). */
export const PDV_HEADER_BYTES = 6;

/**
 * Longest variable field of an A-ASSOCIATE-RQ or -AC. 128 presentation contexts with an abstract syntax and a
 * dozen transfer syntaxes of 64 bytes each take about 120 KB; user information takes at most 64 KB because its
 * item length has 16 bits. What is longer is no association anybody needs.
 */
export const ASSOCIATE_PDU_MAX_BYTES = 256 * 1024;

/** A-ASSOCIATE-RJ, A-RELEASE-RQ, A-RELEASE-RP and A-ABORT have exactly four bytes after the header (PS3.8 9.3.4 to 9.3.8). */
export const SHORT_PDU_BYTES = 4;

/** Odd IDs from 1 to 255 leave room for 128 presentation contexts (PS3.8 9.3.2.2). */
export const PRESENTATION_CONTEXTS_MAX = 128;

/** Transfer syntaxes in one proposed context: the Standard has registered 63, so 64 refuses nobody honest. */
export const TRANSFER_SYNTAXES_MAX = 64;

/** Role selection, extended and common extended negotiation items: at most one for each context, and some to spare. */
export const NEGOTIATION_ITEMS_MAX = 256;

/** Related general SOP classes in one common extended negotiation item (PS3.7 D.3.3.6); real ones name one or two. */
export const RELATED_SOP_CLASSES_MAX = 64;

/** Longest UID (PS3.5 9.1). */
export const UID_MAX_BYTES = 64;

/** Length of an AE title in the A-ASSOCIATE PDUs (PS3.8 Table 9-11). */
export const AE_TITLE_BYTES = 16;

/** Longest Implementation Version Name (PS3.7 D.3.3.2.3). */
export const IMPLEMENTATION_VERSION_NAME_MAX_BYTES = 16;

/** Maximum Length we offer unless told otherwise: four reads of 64 KiB, large enough that headers cost nothing. */
export const DEFAULT_MAXIMUM_LENGTH = 256 * 1024;

/**
 * Smallest Maximum Length of a peer that we serve. The Standard names no minimum, but a peer that asks for PDUs
 * of a few bytes makes us write thousands of headers for every kilobyte; the smallest seen in products is 4096.
 */
export const PEER_MAXIMUM_LENGTH_MIN = 128;

/** First allocation for a PDU that arrives in several reads; it doubles as bytes really come in. */
export const PDU_BUFFER_START_BYTES = 4 * 1024;
