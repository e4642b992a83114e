import type { InstanceRecord } from '../archive/index/index.ts';
import type { Caller } from './caller.ts';
import { Operation, reasonOf, recorded, type Subject, type Workplace } from './operation.ts';
import type { StoredBytes } from './stored-bytes.ts';

/** A viewing that nobody goes on with for this long is over. */
const IDLE_MS = 60_000;
/** No viewing is longer than this: what goes on all day stands in the trail all day. */
const AGE_MAX_MS = 10 * 60_000;
const SWEEP_MS = 5_000;
/** Viewings open at once; the one that was quiet for longest is closed to make room. */
const VIEWINGS_MAX = 10_000;

/** After requests that came together, or from two connections, so long nobody counts as alone. */
const SEVERAL_MS = 50;

/** What of a study is asked for. */
export interface ViewTarget {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

/** Nothing of that name is held. */
export class NotFound extends Error {
  readonly code = 'NOT_FOUND';
}

/** What a door may do once it may look. */
export interface View extends StoredBytes {
  /** What was asked for: at least one instance, grouped by series, as they came. */
  instances(): IterableIterator<InstanceRecord>;
  readonly first: InstanceRecord;
}

/**
 * What is held of a target, for those who may look. @throws NotFound
 * @param isAlone whether nobody else waits, so that what is short may be read at once
 */
export function viewOf(
  archive: Workplace['archive'],
  { studyInstanceUID, seriesInstanceUID, sopInstanceUID }: ViewTarget,
  isAlone: () => boolean = () => false,
): View {
  const bytes: StoredBytes = {
    read: (record, range) => archive.read(record, { ...range, isAlone: isAlone() }),
    fill: (record, range, into) => {
      const filled = archive.read(record, { ...range, isAlone: isAlone(), into });
      return filled && memoryOf(filled, range.to - range.from);
    },
  };
  if (sopInstanceUID !== undefined) {
    // By far the most requests are for one instance, or a frame of it.
    const first = archive.index.instance(sopInstanceUID);
    const isThere =
      first?.studyInstanceUID === studyInstanceUID &&
      (seriesInstanceUID === undefined || first.seriesInstanceUID === seriesInstanceUID);
    if (!isThere) throw new NotFound();
    return { instances: () => [first].values(), first, ...bytes };
  }
  const instances = (): IterableIterator<InstanceRecord> =>
    archive.index.instances({
      studyInstanceUIDs: [studyInstanceUID],
      ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUIDs: [seriesInstanceUID] }),
    });
  const first = instances().next();
  if (first.done) throw new NotFound();
  return { instances, first: first.value, ...bytes };
}

/** Rejects with RangeError when there is less than was asked for. */
async function memoryOf(filled: AsyncGenerator<Uint8Array>, length: number): Promise<ArrayBuffer> {
  const { value: bytes } = await filled.next();
  if (!(bytes instanceof Uint8Array) || bytes.length !== length)
    throw new RangeError('the data set is shorter');
  return bytes.buffer as ArrayBuffer;
}

/** The same for work of the archive's own; undefined when it was removed in the meantime. */
export function heldView(archive: Workplace['archive'], target: ViewTarget): View | undefined {
  try {
    return viewOf(archive, target);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

interface Open {
  readonly operation: Operation;
  /** Resolves when the trail has the beginning. */
  readonly begun: Promise<void>;
  readonly subject: Subject;
  readonly since: number;
  last: number;
  requests: number;
  running: number;
}

/**
 * Looking at a study over the web takes thousands of small requests: metadata, frames, thumbnails. Each is authorised
 * by itself. The trail has the beginning of the viewing, durably, before the first byte of it leaves, and its end
 * with the number of requests when it was quiet for a minute, or after ten: one caller, one address, one study.
 */
export class Viewings {
  readonly #workplace: Workplace;
  readonly #open = new Map<string, Open>();
  readonly #timer: NodeJS.Timeout;
  /** Requests under way. */
  #running = 0;
  /** That of the connection on which the last request came. */
  #lastPort: number | undefined;
  #severalUntilMs = -Infinity;

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
    this.#timer = setInterval(() => void this.#closeOld().catch(() => undefined), SWEEP_MS);
    this.#timer.unref();
  }

  /** Authorise, do, record. Rejects with Refused, NotFound, or what `run` rejects with; all recorded. */
  async view<Result>(
    caller: Caller,
    asked: () => ViewTarget,
    run: (view: View) => Promise<Result>,
  ): Promise<Result> {
    let operation: Operation;
    try {
      operation = Operation.begin(this.#workplace, 'get', caller);
    } catch (error) {
      throw await recorded(error);
    }
    let open: Open | undefined;
    let subject: Subject = {};
    this.#running++;
    try {
      const target = asked();
      subject = target;
      const isAlone = this.#isAlone(caller);
      const view = viewOf(this.#workplace.archive, target, () => isAlone && this.#running <= 1);
      subject = {
        ...target,
        ...(view.first.patientID === undefined ? {} : { patientID: view.first.patientID }),
      };
      open = this.#join(operation, caller, view.first);
      await open.begun;
      return await run(view);
    } catch (error) {
      await operation.record('failed', { reason: reasonOf(error), subject });
      throw error;
    } finally {
      this.#running--;
      if (open) {
        open.running--;
        open.last = this.#workplace.nowMs();
      }
    }
  }

  /** Whether nobody else has asked for something a moment ago: what is done for one request at once holds up others. */
  #isAlone({ peer }: Caller): boolean {
    const nowMs = this.#workplace.nowMs();
    if (this.#running > 1 || peer?.port !== this.#lastPort) this.#severalUntilMs = nowMs + SEVERAL_MS;
    this.#lastPort = peer?.port;
    return nowMs >= this.#severalUntilMs;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const key of [...this.#open.keys()]) await this.#end(key);
  }

  #join(operation: Operation, caller: Caller, { studyInstanceUID, patientID }: InstanceRecord): Open {
    const now = this.#workplace.nowMs();
    const key = [caller.principal.kind, caller.principal.id, caller.peer?.address, studyInstanceUID].join(
      ' ',
    );
    const known = this.#open.get(key);
    if (known && now - known.since < AGE_MAX_MS && now - known.last < IDLE_MS) {
      known.requests++;
      known.running++;
      known.last = now;
      return known;
    }
    if (known) void this.#end(key).catch(() => undefined);
    this.#makeRoom();
    const subject = { studyInstanceUID, ...(patientID === undefined ? {} : { patientID }) };
    operation.detail = { way: 'dicomweb' };
    const begun = operation.record('pending', { subject });
    const open = { operation, begun, subject, since: now, last: now, requests: 1, running: 1 };
    this.#open.set(key, open);
    begun.catch(() => {
      // What could not be recorded is not done: the next request tries again.
      if (this.#open.get(key) === open) this.#open.delete(key);
    });
    return open;
  }

  #makeRoom(): void {
    if (this.#open.size < VIEWINGS_MAX) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) void this.#end(oldest).catch(() => undefined);
  }

  async #closeOld(): Promise<void> {
    const now = this.#workplace.nowMs();
    for (const [key, open] of this.#open) {
      const isOver = now - open.since >= AGE_MAX_MS || (open.running === 0 && now - open.last >= IDLE_MS);
      if (isOver) await this.#end(key);
    }
  }

  async #end(key: string): Promise<void> {
    const open = this.#open.get(key);
    if (!open) return;
    this.#open.delete(key);
    await open.begun;
    await open.operation.record('success', { subject: { ...open.subject, count: open.requests } });
  }
}

/** The study was erased: its key is gone, and with it all that was stored under it. */
export class GoneStudy extends Error {
  readonly code = 'GONE';
}
