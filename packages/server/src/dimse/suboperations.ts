import { DataSet, Tag, transferSyntax, writeDataSet } from '@leadglass/dicom';
import type { IncomingRequest } from '@leadglass/network';
import {
  ImagingError,
  type InstanceRecord,
  NoRoom,
  type Retrieval,
  type RetrieveCounts,
} from '../operations/index.ts';
import { ERROR_COMMENT_MAX } from './statuses.ts';

/** Failed SOP Instance UIDs listed at the most: what a receiver can do with more is the same. */
const MAX_FAILED_LISTED = 10_000;
/** A pending response is due this often: a peer that hears nothing gives up, one that hears of every
 *  instance is slowed down. */
const PENDING_EVERY_MS = 500;
/** And this often while one instance is made or sent: the shortest patience we know of is ten seconds. */
const SILENCE_MAX_MS = 3_000;
/** For room to convert an instance in, from its turn on: longer than others take to make and send theirs. */
const ROOM_WAIT_MAX_MS = 120_000;

/** Why sub-operations failed, as the final response says it: the most telling first, there is little room. */
const FAILURES = {
  TOO_LARGE: 'too large to convert',
  NOT_CONVERTED: 'not convertible',
  NO_ROOM: 'no room to convert in time',
  NOT_READ: 'not readable here',
  NOT_SENT: 'in no common syntax',
  REFUSED: 'refused by receiver',
} as const;
type Failure = keyof typeof FAILURES;

export interface SuboperationCounts extends RetrieveCounts {
  failedUIDs: string[];
  /** How many failed for which reason. */
  failures: Partial<Record<Failure, number>>;
}

/** Sends one instance; the status of its C-STORE, or undefined when no context could take it. */
export type SendInstance = (
  record: InstanceRecord,
  dataSet: AsyncIterable<Uint8Array>,
) => Promise<number | undefined>;

/**
 * Reads an instance in the form it goes out in; undefined when it cannot go out, or its study was erased. Waiting for
 * room ends with `giveUp`.
 */
export type OpenInstance = (
  record: InstanceRecord,
  giveUp: AbortSignal,
) => AsyncGenerator<Uint8Array> | undefined;

export interface SuboperationWaits {
  silenceMaxMs: number;
  roomWaitMaxMs: number;
}

/**
 * Runs the C-STORE sub-operations of a C-GET or C-MOVE (PS3.4 C.4.2, C.4.3), counting as the Standard does
 * and reporting on the way. Nothing is held but the UIDs that failed.
 */
export async function runSuboperations(
  request: IncomingRequest,
  retrieval: Retrieval,
  send: SendInstance,
  open: OpenInstance = (record) => retrieval.read(record),
  waits: SuboperationWaits = { silenceMaxMs: SILENCE_MAX_MS, roomWaitMaxMs: ROOM_WAIT_MAX_MS },
): Promise<SuboperationCounts> {
  const counts: SuboperationCounts = {
    completed: 0,
    failed: 0,
    warning: 0,
    cancelled: false,
    failedUIDs: [],
    failures: {},
  };
  const { signal } = request;
  const reports = new PendingReports(request, () => numbersOf(counts, retrieval.total), waits.silenceMaxMs);
  const upcoming = new Set<Upcoming>();
  // Who is gone, or wants no more, keeps nobody behind it waiting.
  const giveUp = (): void => {
    for (const one of upcoming) one.giveUp.abort();
  };
  signal.addEventListener('abort', giveUp);
  try {
    for (const one of readAhead(retrieval, open, upcoming)) {
      const { record, dataSet } = one;
      if (signal.aborted) {
        counts.cancelled = true;
        await dataSet?.return();
        break;
      }
      const outcome = dataSet ? await sendOne(one, dataSet, send, waits.roomWaitMaxMs) : 'NOT_SENT';
      upcoming.delete(one);
      if (outcome === 'NO_ROOM' && signal.aborted) {
        counts.cancelled = true;
        break;
      }
      count(counts, record, outcome);
      await reports.afterOne();
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
    reports.end();
  }
  return counts;
}

/** Pending responses: after an instance when one is due, and by the clock while one takes long. */
class PendingReports {
  readonly #request: IncomingRequest;
  readonly #numbers: () => ReturnType<typeof numbersOf>;
  readonly #timer: NodeJS.Timeout;
  #reportedAt = performance.now();
  /** One waits for the socket: another would only stand behind it. */
  #isUnderWay = false;

  constructor(request: IncomingRequest, numbers: () => ReturnType<typeof numbersOf>, silenceMaxMs: number) {
    this.#request = request;
    this.#numbers = numbers;
    this.#timer = setInterval(() => {
      // Who does not take it any more is noticed by what it asked for.
      if (!this.#isUnderWay) void this.#report().catch(() => undefined);
    }, silenceMaxMs);
  }

  async afterOne(): Promise<void> {
    if (performance.now() - this.#reportedAt > PENDING_EVERY_MS) await this.#report();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #report(): Promise<void> {
    this.#reportedAt = performance.now();
    this.#timer.refresh();
    this.#isUnderWay = true;
    try {
      await this.#request.respond({ status: 0xff00, ...this.#numbers() });
    } finally {
      this.#isUnderWay = false;
    }
  }
}

/** @param outcome the status of its C-STORE, or why there is none */
function count(counts: SuboperationCounts, record: InstanceRecord, outcome: number | Failure): void {
  if (outcome === 0x0000) {
    counts.completed++;
  } else if (typeof outcome === 'number' && isWarning(outcome)) {
    counts.warning++;
  } else {
    const failure = typeof outcome === 'number' ? 'REFUSED' : outcome;
    counts.failed++;
    counts.failures[failure] = (counts.failures[failure] ?? 0) + 1;
    if (counts.failedUIDs.length < MAX_FAILED_LISTED) counts.failedUIDs.push(record.sopInstanceUID);
  }
}

/** PS3.7 C.4: the class of warnings. */
const isWarning = (status: number): boolean => status >> 12 === 0xb || status === 0x0001 || status === 0x0107;

/** A data set on its way out: whoever stops early lets it go. */
interface DataSetChunks extends AsyncIterableIterator<Uint8Array> {
  return(): Promise<IteratorResult<Uint8Array>>;
  /** Rejects when the first chunk cannot be had: nothing was promised to the peer yet. */
  ready(): Promise<unknown>;
  release(chunk: Uint8Array): void;
}

interface Upcoming {
  readonly record: InstanceRecord;
  readonly dataSet: DataSetChunks | undefined;
  /** It need not wait for room any longer. */
  readonly giveUp: AbortController;
}

/** The next instance is read from the disk while the one before it is on the wire. */
function* readAhead(retrieval: Retrieval, open: OpenInstance, begunNow: Set<Upcoming>): Generator<Upcoming> {
  let upcoming: Upcoming | undefined;
  try {
    for (const record of retrieval.instances()) {
      const current = upcoming;
      const giveUp = new AbortController();
      const dataSet = open(record, giveUp.signal);
      upcoming = { record, dataSet: dataSet && begun(dataSet), giveUp };
      begunNow.add(upcoming);
      if (current) yield current;
    }
    const last = upcoming;
    upcoming = undefined;
    if (last) yield last;
  } finally {
    upcoming?.giveUp.abort();
    void upcoming?.dataSet?.return();
  }
}

/** Asks for the first chunk at once instead of when it is wanted. */
function begun(dataSet: AsyncGenerator<Uint8Array>): DataSetChunks {
  let first: Promise<IteratorResult<Uint8Array>> | undefined = dataSet.next();
  // Whoever iterates is told; until then a failure must not go unhandled.
  first.catch(() => undefined);
  return {
    next() {
      const next = first ?? dataSet.next();
      first = undefined;
      return next;
    },
    return: () => dataSet.return(undefined),
    ready: () => Promise.resolve(first),
    release: giveBack,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The next chunk finds the memory warm, and the garbage collector does not have to run for every few instances. */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

async function sendOne(
  { record, giveUp }: Upcoming,
  dataSet: DataSetChunks,
  send: SendInstance,
  roomWaitMaxMs: number,
): Promise<number | Failure> {
  const roomWait = setTimeout(() => giveUp.abort(), roomWaitMaxMs);
  try {
    await dataSet.ready();
    clearTimeout(roomWait);
    return (await send(record, dataSet)) ?? 'NOT_SENT';
  } catch (error) {
    // One that cannot be read or sent is one that failed; the others go on, as far as the association does.
    if (error instanceof ImagingError)
      return error.code === 'FRAME_TOO_LARGE' ? 'TOO_LARGE' : 'NOT_CONVERTED';
    if (error instanceof NoRoom) return 'NO_ROOM';
    if (error instanceof Error && 'code' in error) return 'NOT_READ';
    throw error;
  } finally {
    clearTimeout(roomWait);
    await dataSet.return();
  }
}

/** The final response: status, counts, and which failed. */
export async function respondFinally(
  request: IncomingRequest,
  counts: SuboperationCounts,
  total: number,
): Promise<void> {
  const { numberOfRemainingSuboperations, ...numbers } = numbersOf(counts, total);
  const status = counts.cancelled ? 0xfe00 : statusOfAll(counts);
  const remaining = counts.cancelled ? { numberOfRemainingSuboperations } : {};
  await request.respond(
    { status, ...numbers, ...remaining, ...commentOn(counts) },
    failedList(request, counts.failedUIDs),
  );
}

/** As many reasons as there is room for. */
function commentOn({ failures }: SuboperationCounts): { errorComment?: string } {
  const told = Object.entries(FAILURES).flatMap(([failure, text]) => {
    const times = failures[failure as Failure] ?? 0;
    return times === 0 ? [] : [`${times} ${text}`];
  });
  const [first, ...others] = told;
  if (first === undefined) return {};
  let errorComment = first;
  for (const reason of others) {
    const longer = `${errorComment}, ${reason}`;
    if (longer.length <= ERROR_COMMENT_MAX) errorComment = longer;
  }
  return { errorComment };
}

/** PS3.4 C.4.2.3.1: Success if all went well, a failure (A702) if nothing did, else a warning (B000). */
function statusOfAll({ completed, warning, failed }: RetrieveCounts): number {
  if (failed + warning === 0) return 0x0000;
  return completed + warning === 0 ? 0xa702 : 0xb000;
}

function failedList(request: IncomingRequest, failedUIDs: readonly string[]): Uint8Array | undefined {
  const syntax = transferSyntax(request.presentationContext.transferSyntax);
  if (failedUIDs.length === 0 || !syntax) return undefined;
  const identifier = new DataSet();
  identifier.set(Tag.FailedSOPInstanceUIDList, [...failedUIDs]);
  return writeDataSet(identifier, syntax);
}

/** Numbers of sub-operations are US: a count beyond 65535 is shown as 65535. */
function numbersOf(counts: RetrieveCounts, total: number) {
  const done = counts.completed + counts.failed + counts.warning;
  const shown = (count: number): number => Math.min(count, 0xffff);
  return {
    numberOfRemainingSuboperations: shown(Math.max(0, total - done)),
    numberOfCompletedSuboperations: shown(counts.completed),
    numberOfFailedSuboperations: shown(counts.failed),
    numberOfWarningSuboperations: shown(counts.warning),
  };
}
