/**
 * What a connect says when this machine has no socket to give. Nothing was sent, so it says nothing about the target:
 * too many files open in this process (EMFILE) or on the machine (ENFILE), no memory or buffers, no port left to
 * connect from (EADDRNOTAVAIL; EAGAIN on some systems).
 */
const shortages: ReadonlySet<string | undefined> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EAGAIN',
]);

/** Whether this code of the system is about this machine's sockets and not about the target. */
export function isSocketShortage(code: string | undefined): boolean {
  return shortages.has(code);
}

/** Waits before a connect is tried again for which there was no socket; six seconds in all, then it is given up. */
export const SOCKET_WAITS_MS: readonly number[] = [100, 200, 400, 800, 1_600, 3_200];
