/** Everything a target can make the auditor spend, in one place. */

/** For the TCP connection. Imaging networks answer in milliseconds; satellites and VPNs within two seconds. */
export const CONNECT_TIMEOUT_MS = 3_000;
/** For the next bytes of an answer. */
export const READ_TIMEOUT_MS = 10_000;
/** For the answer to one datagram; a lost one is sent again by who asked. */
export const DATAGRAM_TIMEOUT_MS = 1_500;
/** For one connection, whatever happens on it: slow bytes end here. */
export const CONNECTION_TOTAL_MS = 60_000;
/** Bytes read from one connection: a thousand counted records of 2 KiB, and the certificate chains of TLS. */
export const CONNECTION_MAX_BYTES = 4 * 1024 * 1024;
/** Connections of all kinds to one host in a run: associations, handshakes and web requests together. */
export const CONNECTIONS_PER_HOST_RUN_MAX = 200;
/**
 * For a place among the connections that a host may have at once. Those that are read end within `CONNECTION_TOTAL_MS`;
 * who waits longer waits for connections of its own, which nobody will ever close.
 */
export const HOST_PLACE_WAIT_MS = 65_000;
/** Header of an HTTP response, bytes: nginx and Apache send a few hundred, cookies make it a few thousand. */
export const HTTP_HEADER_MAX_BYTES = 64 * 1024;
export const HTTP_HEADER_LINES_MAX = 256;
/** Body bytes a check may ask for at most; the rest is not read. */
export const HTTP_BODY_MAX_BYTES = 256 * 1024;
/** A server's TLS flight up to ServerHelloDone, bytes: a chain of ten certificates takes 20 KiB. */
export const TLS_FLIGHT_MAX_BYTES = 128 * 1024;
/** Responses read after a C-CANCEL-RQ before the association is aborted instead. */
export const RESPONSES_AFTER_CANCEL_MAX = 200;
/** Times the shared association of a service is opened again after the target ended it. */
export const SHARED_ASSOCIATION_OPENS_MAX = 10;
/** The auditor's associations take PDUs up to this length, bytes (PS3.8 D.1). */
export const PDU_MAX_BYTES = 64 * 1024;
