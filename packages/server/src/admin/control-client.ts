import { connect, type Socket } from 'node:net';
import type {
  ImportResult,
  QuarantineComparison,
  QuarantineList,
  RetrieveCounts,
  VerificationReport,
} from '../operations/index.ts';
import { type ControlReply, type ControlRequest, readLines } from './control-protocol.ts';
import type { OperatorPort, VerifyProgress } from './operator-port.ts';

/** The running server could not do it; `code` is its reason. */
export class ControlError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`the running server says: ${code}`);
    this.name = 'CommandError';
    this.code = code;
  }
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  onProgress: ((progress: unknown) => void) | undefined;
}

/** The port of a server that runs; undefined when none answers at this socket file. */
export async function connectOperatorPort(file: string): Promise<OperatorPort | undefined> {
  const socket = connect(file);
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  return connected ? new ControlClient(socket) : undefined;
}

class ControlClient implements OperatorPort {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #nextID = 1;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    readLines(socket, (line) => this.#onLine(line));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      for (const waiting of this.#waiting.values()) waiting.reject(new ControlError('SERVER_STOPPED'));
      this.#waiting.clear();
    });
  }

  async importFile(path: string): Promise<ImportResult> {
    return (await this.#ask('import', [path])) as ImportResult;
  }

  async exportStudy(
    studyInstanceUID: string,
    folder: string,
    onProgress?: (done: number, total: number) => void,
  ): Promise<RetrieveCounts> {
    const progress = (value: unknown): void => {
      const [done, total] = value as [number, number];
      onProgress?.(done, total);
    };
    return (await this.#ask('export', [studyInstanceUID, folder], progress)) as RetrieveCounts;
  }

  async verify(onProgress?: (done: VerifyProgress) => void): Promise<VerificationReport> {
    const progress = (value: unknown): void => onProgress?.(value as VerifyProgress);
    return (await this.#ask('verify', [], progress)) as VerificationReport;
  }

  async listQuarantined(after: number): Promise<QuarantineList> {
    return (await this.#ask('quarantine-list', [String(after)])) as QuarantineList;
  }

  async compareQuarantined(sopInstanceUID: string, name: string): Promise<QuarantineComparison> {
    return (await this.#ask('quarantine-compare', [sopInstanceUID, name])) as QuarantineComparison;
  }

  async dropQuarantined(sopInstanceUID: string, name: string): Promise<void> {
    await this.#ask('quarantine-drop', [sopInstanceUID, name]);
  }

  async recordDeviceChange(aeTitle: string, change: string): Promise<void> {
    await this.#ask('device-change', [aeTitle, change]);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
  }

  #ask(
    verb: ControlRequest['verb'],
    args: string[],
    onProgress?: (progress: unknown) => void,
  ): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ControlError('SERVER_STOPPED'));
    const id = this.#nextID++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#socket.write(`${JSON.stringify({ id, verb, args } satisfies ControlRequest)}\n`);
    });
  }

  #onLine(line: string): void {
    let reply: ControlReply;
    try {
      reply = JSON.parse(line) as ControlReply;
    } catch {
      // Not a server of ours: closing tells everybody who waits.
      this.#socket.destroy();
      return;
    }
    this.#onReply(reply);
  }

  #onReply(reply: ControlReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if ('progress' in reply) {
      waiting.onProgress?.(reply.progress);
      return;
    }
    this.#waiting.delete(reply.id);
    if ('result' in reply) waiting.resolve(reply.result);
    else waiting.reject(new ControlError(reply.error));
  }
}
