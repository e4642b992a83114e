import { Worker } from 'node:worker_threads';
import { canDecode } from '../decode-frame.ts';
import { canEncode } from '../encodable.ts';
import type { DecodedFrame, FrameDescription } from '../frame-description.ts';
import { ImagingError } from '../imaging-error.ts';
import { CODEC_MEMORY_MAX_BYTES } from '../limits.ts';
import type { RenderInputs } from '../rendering/render-inputs.ts';
import type { RenderOptions } from '../rendering/render-options.ts';
import type {
  ImagingWorkerData,
  Job,
  JobKind,
  JobReply,
  JobRequest,
  JobResult,
  JobResults,
} from './protocol.ts';

export interface ImagingPoolOptions {
  /** Threads at most, started when there is work. */
  readonly workers?: number;
  /** Jobs that may wait; more are refused with QUEUE_FULL, so that a flood of requests costs no memory. */
  readonly queueMax?: number;
  /** A job that takes longer is stopped, and its worker with it. The longest honest ones take a few seconds. */
  readonly jobTimeoutMs?: number;
  /** A worker nobody needed for so long is let go: its codecs' memory never shrinks. */
  readonly idleTimeoutMs?: number;
  /** Memory each worker's JavaScript may take, pixels not counted. */
  readonly heapMaxMegabytes?: number;
  /** Memory each WebAssembly codec may take. */
  readonly codecMemoryMaxBytes?: number;
  /** The worker's program: tests put worse ones in its place. */
  readonly workerURL?: URL;
}

export interface JobOptions {
  /** Ends waiting: a job that waits is dropped, one under way goes on and its result is. */
  readonly signal?: AbortSignal;
  /** The bytes may be taken away from the caller instead of copied, where they are a whole buffer. */
  readonly transfersInput?: boolean;
  /** Nobody waits for it: done when nothing else is to be done, in one thread at a time. */
  readonly isBackground?: boolean;
}

/** Decoding and rendering of usual frames take milliseconds to a second, on a busy machine some seconds. */
const JOB_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 120_000;
const QUEUE_MAX = 1024;
const HEAP_MAX_MEGABYTES = 192;

interface Waiting {
  readonly request: JobRequest;
  readonly transfer: readonly ArrayBuffer[];
  readonly isBackground: boolean;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: ImagingError) => void;
  readonly forget: () => void;
}

interface Thread {
  readonly worker: Worker;
  current: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Threads in which all pixels are decoded, encoded and rendered. Codecs meet hostile bytes: one that hangs, dies or
 * takes too much memory loses its own job alone. Nothing is loaded or started before the first job.
 */
export class ImagingPool {
  readonly #options: Required<ImagingPoolOptions>;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  readonly #background: Waiting[] = [];
  #nextID = 0;
  #isClosed = false;

  constructor(options: ImagingPoolOptions = {}) {
    this.#options = {
      workers: 2,
      queueMax: QUEUE_MAX,
      jobTimeoutMs: JOB_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      heapMaxMegabytes: HEAP_MAX_MEGABYTES,
      codecMemoryMaxBytes: CODEC_MEMORY_MAX_BYTES,
      workerURL: new URL('./imaging-worker.ts', import.meta.url),
      ...options,
    };
  }

  /** Whether frames of a transfer syntax can be decoded; see canDecode. */
  canDecode(transferSyntaxUID: string, description?: FrameDescription): boolean {
    return canDecode(transferSyntaxUID, description);
  }

  /** Whether frames can be made in a transfer syntax; see canEncode. */
  canEncode(transferSyntaxUID: string, description?: FrameDescription): boolean {
    return canEncode(transferSyntaxUID, description);
  }

  /** Samples of one frame, little endian. Rejects with ImagingError. */
  decodeFrame(
    description: FrameDescription,
    bytes: Uint8Array,
    options: JobOptions = {},
  ): Promise<DecodedFrame> {
    return this.#run({ kind: 'decode', description, bytes }, [bytes], options);
  }

  /** One frame in another transfer syntax, values unchanged; `layout` is what the data set must then say. */
  transcodeFrame(
    description: FrameDescription,
    bytes: Uint8Array,
    transferSyntaxUID: string,
    options: JobOptions = {},
  ): Promise<JobResults['transcode']> {
    return this.#run({ kind: 'transcode', description, bytes, transferSyntaxUID }, [bytes], options);
  }

  /** An image for people: JPEG, PNG, or a GIF of several frames. */
  render(
    inputs: RenderInputs,
    frames: readonly Uint8Array[],
    renderOptions: RenderOptions = {},
    options: JobOptions = {},
  ): Promise<JobResults['render']> {
    return this.#run({ kind: 'render', inputs, frames, options: renderOptions }, frames, options);
  }

  /** Ends all threads. Jobs that were not done are rejected with POOL_CLOSED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of [...this.#queue.splice(0), ...this.#background.splice(0)])
      fail(waiting, new ImagingError('POOL_CLOSED'));
    await Promise.all(
      [...this.#threads].map((thread) => this.#discard(thread, new ImagingError('POOL_CLOSED'))),
    );
  }

  #run<Kind extends JobKind>(
    job: Job & { readonly kind: Kind },
    bytes: readonly Uint8Array[],
    options: JobOptions,
  ): Promise<JobResults[Kind]> {
    return new Promise<JobResult>((resolve, reject) => {
      if (this.#isClosed) throw new ImagingError('POOL_CLOSED');
      if (options.signal?.aborted === true) throw new ImagingError('ABORTED');
      const { queueMax } = this.#options;
      const isBackground = options.isBackground === true;
      const queue = isBackground ? this.#background : this.#queue;
      if (queue.length >= queueMax) throw new ImagingError('QUEUE_FULL', { queueMax });
      const onAbort = (): void => this.#abort(waiting);
      const forget = (): void => options.signal?.removeEventListener('abort', onAbort);
      const transfer = options.transfersInput === true ? wholeBuffers(bytes) : [];
      const request = { id: this.#nextID++, job };
      const waiting: Waiting = { request, transfer, isBackground, resolve, reject, forget };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(waiting);
      this.#dispatch();
    }) as Promise<JobResults[Kind]>;
  }

  #abort(waiting: Waiting): void {
    for (const queue of [this.#queue, this.#background]) {
      const at = queue.indexOf(waiting);
      if (at >= 0) queue.splice(at, 1);
    }
    fail(waiting, new ImagingError('ABORTED'));
  }

  /** Gives what waits to threads that are free, or to new ones. */
  #dispatch(): void {
    for (let queue = this.#nextQueue(); queue !== undefined; queue = this.#nextQueue()) {
      const thread =
        [...this.#threads].find(({ current }) => current === undefined) ??
        (this.#threads.size < this.#options.workers ? this.#start() : undefined);
      const waiting = thread === undefined ? undefined : queue.shift();
      if (thread === undefined || waiting === undefined) return;
      this.#assign(thread, waiting);
    }
  }

  /** Background jobs leave all threads but one to the others. */
  #nextQueue(): Waiting[] | undefined {
    if (this.#queue.length > 0) return this.#queue;
    const isOneRunning = [...this.#threads].some(({ current }) => current?.isBackground === true);
    return this.#background.length > 0 && !isOneRunning ? this.#background : undefined;
  }

  #assign(thread: Thread, waiting: Waiting): void {
    clearTimeout(thread.timer);
    thread.current = waiting;
    thread.worker.ref();
    const { jobTimeoutMs } = this.#options;
    thread.timer = setTimeout(() => {
      void this.#discard(thread, new ImagingError('TIMED_OUT', { jobTimeoutMs }));
      this.#dispatch();
    }, jobTimeoutMs);
    try {
      thread.worker.postMessage(waiting.request, [...waiting.transfer]);
    } catch {
      // Bytes that were taken away before cannot be sent again.
      this.#release(thread);
      fail(waiting, new ImagingError('ABORTED'));
    }
  }

  #start(): Thread {
    const { heapMaxMegabytes, codecMemoryMaxBytes, workerURL } = this.#options;
    const data: ImagingWorkerData = { codecMemoryMaxBytes };
    const worker = new Worker(workerURL, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: heapMaxMegabytes, maxYoungGenerationSizeMb: 32 },
    });
    const thread: Thread = { worker, current: undefined, timer: undefined };
    this.#threads.add(thread);
    worker.on('message', (reply: JobReply) => {
      this.#onReply(thread, reply);
    });
    worker.on('error', (error) => {
      const ranOut = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#onDeath(thread, new ImagingError(ranOut ? 'MEMORY_LIMIT' : 'WORKER_DIED'));
    });
    worker.on('exit', () => {
      this.#onDeath(thread, new ImagingError('WORKER_DIED'));
    });
    return thread;
  }

  #onReply(thread: Thread, reply: JobReply): void {
    const waiting = thread.current;
    if (waiting?.request.id !== reply.id) return;
    this.#release(thread);
    if ('result' in reply) {
      waiting.forget();
      waiting.resolve(reply.result);
    } else {
      fail(waiting, new ImagingError(reply.code, reply.facts));
    }
    this.#dispatch();
  }

  /** The thread is free: it keeps the process alive no longer, and ends when nobody needs it. */
  #release(thread: Thread): void {
    clearTimeout(thread.timer);
    thread.current = undefined;
    thread.worker.unref();
    thread.timer = setTimeout(() => void this.#discard(thread), this.#options.idleTimeoutMs);
    thread.timer.unref();
  }

  #onDeath(thread: Thread, error: ImagingError): void {
    if (!this.#threads.has(thread)) return;
    void this.#discard(thread, error);
    this.#dispatch();
  }

  async #discard(thread: Thread, error?: ImagingError): Promise<void> {
    clearTimeout(thread.timer);
    this.#threads.delete(thread);
    const waiting = thread.current;
    thread.current = undefined;
    if (waiting !== undefined && error !== undefined) fail(waiting, error);
    await thread.worker.terminate();
  }
}

function fail(waiting: Waiting, error: ImagingError): void {
  waiting.forget();
  waiting.reject(error);
}

/** Buffers that hold nothing else, each once: a part of a buffer cannot be taken without the rest. */
function wholeBuffers(bytes: readonly Uint8Array[]): ArrayBuffer[] {
  const buffers = bytes
    .filter(({ byteLength, buffer }) => byteLength === buffer.byteLength && buffer instanceof ArrayBuffer)
    .map(({ buffer }) => buffer as ArrayBuffer);
  return [...new Set(buffers)];
}
