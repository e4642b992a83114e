import type { Socket } from 'node:net';

/** One request or reply a line, JSON. Longer lines are no message of ours. */
export const LINE_MAX_BYTES = 4 * 1024 * 1024;

export interface ControlRequest {
  id: number;
  verb:
    | 'import'
    | 'export'
    | 'verify'
    | 'device-change'
    | 'quarantine-list'
    | 'quarantine-compare'
    | 'quarantine-drop';
  args: string[];
}

export type ControlReply =
  { id: number; progress: unknown } | { id: number; result: unknown } | { id: number; error: string };

/** The request of a line; undefined when it is none, whatever it is. */
export function parseRequest(line: string): ControlRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, verb, args } = value as Partial<Record<keyof ControlRequest, unknown>>;
  const isRequest = Number.isSafeInteger(id) && typeof verb === 'string' && Array.isArray(args);
  return isRequest && args.every((arg) => typeof arg === 'string') ? (value as ControlRequest) : undefined;
}

/** Calls `onLine` for each line; destroys the socket when one is too long. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    rest += text;
    if (rest.length > LINE_MAX_BYTES) {
      socket.destroy();
      return;
    }
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
}
