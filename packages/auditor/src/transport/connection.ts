import type { Socket } from 'node:net';
import { CONNECTION_MAX_BYTES, CONNECTION_TOTAL_MS, READ_TIMEOUT_MS } from './limits.ts';
import { ProbeError, probeErrorOf } from './probe-error.ts';

/** What is known of a connection when it is over. */
export interface ConnectionEnd {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly outcome: string;
}

export interface ConnectionLimits {
  readonly totalMs?: number;
  readonly maxBytes?: number;
}

/**
 * One connection, read by asking: nothing is taken from the socket that nobody asked for, so a target that talks
 * without end fills its own buffers and not ours. Bytes and time have a budget.
 */
export class Connection {
  readonly socket: Socket;
  readonly #deadline: number;
  readonly #maxBytes: number;
  readonly #onEnd: (end: ConnectionEnd) => void;
  #received = 0;
  #error: ProbeError | undefined;
  #hasEnded = false;
  #isReported = false;
  #listens = false;
  #outcome = 'closed';
  #wake: (() => void) | undefined;

  constructor(socket: Socket, limits: ConnectionLimits, onEnd: (end: ConnectionEnd) => void) {
    this.socket = socket;
    this.#deadline = performance.now() + (limits.totalMs ?? CONNECTION_TOTAL_MS);
    this.#maxBytes = limits.maxBytes ?? CONNECTION_MAX_BYTES;
    this.#onEnd = onEnd;
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#notify();
    });
    socket.on('error', (error) => {
      this.#error ??= probeErrorOf(error);
      this.#notify();
    });
    socket.on('close', () => {
      this.#hasEnded = true;
      this.#notify();
      this.#report();
    });
  }

  #notify = (): void => {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  };

  get bytesReceived(): number {
    return this.#received;
  }

  /** How the record will call this connection. */
  set outcome(outcome: string) {
    this.#outcome = outcome;
  }

  /** The other side has closed, or the connection broke. */
  get isOver(): boolean {
    return this.#hasEnded || this.#error !== undefined || this.socket.destroyed;
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.writable) return;
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /**
   * The next bytes, or undefined when the target closed its side. Throws READ_TIMED_OUT, TOTAL_TIME, BYTE_BUDGET,
   * RESET, STOPPED.
   */
  async read(timeoutMs = READ_TIMEOUT_MS): Promise<Buffer | undefined> {
    // Not before the first question: a connection that TLS will take over must not be read here.
    if (!this.#listens) this.socket.on('readable', this.#notify);
    this.#listens = true;
    for (;;) {
      const chunk: unknown = this.socket.read();
      if (Buffer.isBuffer(chunk)) return this.#count(chunk);
      if (this.#error !== undefined) throw this.#error;
      if (this.#hasEnded || this.socket.destroyed) return undefined;
      const remainingMs = this.#deadline - performance.now();
      if (remainingMs <= 0) throw this.#fail(new ProbeError('TOTAL_TIME'));
      const waitMs = Math.min(timeoutMs, remainingMs);
      if (!(await this.#readable(waitMs))) {
        throw this.#fail(new ProbeError(waitMs < timeoutMs ? 'TOTAL_TIME' : 'READ_TIMED_OUT'));
      }
    }
  }

  #readable(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = undefined;
        resolve(false);
      }, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #count(chunk: Buffer): Buffer {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) throw this.#fail(new ProbeError('BYTE_BUDGET'));
    return chunk;
  }

  #fail(error: ProbeError): ProbeError {
    this.#error ??= error;
    this.#outcome = error.code;
    this.socket.destroy();
    return error;
  }

  /** Ends it at once, whatever is under way. */
  stop(error: ProbeError): void {
    this.#fail(error);
    this.#notify();
  }

  /** Waits until the target closes, at most so long; true if it did. What it still sends is thrown away. */
  async waitForClose(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    try {
      while (!this.isOver) {
        const leftMs = until - performance.now();
        if (leftMs <= 0) return false;
        if ((await this.read(leftMs)) === undefined) return true;
      }
      return true;
    } catch (error) {
      // Its own patience ran out: the target never closed.
      if (error instanceof ProbeError && error.code === 'READ_TIMED_OUT') return false;
      if (error instanceof ProbeError && error.code === 'RESET') return true;
      throw error;
    }
  }

  close(): void {
    // Resets the connection: nothing lingers here or there.
    this.socket.destroy();
    this.#report();
  }

  #report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    const outcome =
      this.#outcome === 'closed' && this.#error !== undefined ? this.#error.code : this.#outcome;
    this.#onEnd({ bytesSent: this.socket.bytesWritten, bytesReceived: this.#received, outcome });
  }
}
