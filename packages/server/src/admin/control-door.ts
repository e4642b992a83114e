import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type ControlReply, parseRequest, type ControlRequest, readLines } from './control-protocol.ts';
import type { OperatorPort } from './operator-port.ts';

/** Commands of the same machine at once. */
const CONNECTIONS_MAX = 16;

/**
 * The door for commands typed on the machine while the server runs: a socket file in the data folder, which
 * only the account that owns the data can reach. What comes through it goes through `operations` like all else.
 */
export class ControlDoor {
  readonly #port: OperatorPort;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(port: OperatorPort) {
    this.#port = port;
  }

  async listen(file: string): Promise<void> {
    // The data folder's lock is held: whatever socket lies there belongs to a process that is gone.
    rmSync(file, { force: true });
    const server = createServer((socket) => this.#accept(socket));
    server.maxConnections = CONNECTIONS_MAX;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(file, () => {
        server.off('error', reject);
        resolve();
      });
    });
    chmodSync(file, 0o600);
    this.#server = server;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    readLines(socket, (line) => {
      const request = parseRequest(line);
      if (!request) {
        socket.destroy();
        return;
      }
      const reply = (answer: ControlReply): void => {
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      };
      this.#carryOut(request, (progress) => reply({ id: request.id, progress })).then(
        (result) => reply({ id: request.id, result: result ?? null }),
        (error: unknown) => reply({ id: request.id, error: codeOf(error) }),
      );
    });
  }

  async #carryOut(request: ControlRequest, onProgress: (progress: unknown) => void): Promise<unknown> {
    const [first = '', second = ''] = request.args;
    switch (request.verb) {
      case 'import':
        return this.#port.importFile(first);
      case 'export':
        return this.#port.exportStudy(first, second, (done, total) => onProgress([done, total]));
      case 'verify':
        return this.#port.verify(onProgress);
      case 'device-change':
        return this.#port.recordDeviceChange(first, second);
      case 'quarantine-list':
        return this.#port.listQuarantined(rowNumber(first));
      case 'quarantine-compare':
        return this.#port.compareQuarantined(first, second);
      case 'quarantine-drop':
        return this.#port.dropQuarantined(first, second);
      default:
        throw new Error('unknown control verb');
    }
  }
}

/** Digits alone; what is no number begins at the beginning. */
const rowNumber = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0);

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNEXPECTED';
}
