import type { ServerHttp2Session } from 'node:http2';

/**
 * Bytes of one HTTP/2 body that a client may send before they were taken. With the 64 KB that HTTP/2 begins with (RFC
 * 9113 6.9.2) it stops after every fourth piece, and both sides wake up for each: a third of the instances a second.
 * While the disk is behind so much is held for each request, of all that one connection may have at the same time 64 MiB.
 */
export const STREAM_WINDOW_BYTES: number = 512 * 1024;
/** The same on its way over a connection, of all bodies together: Node.js takes what has arrived off it at once. */
const CONNECTION_WINDOW_BYTES = 2 * 1024 * 1024;

/** For each connection; the window of its streams is in the settings that it is begun with. */
export function widenWindow(session: ServerHttp2Session): void {
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
}
