import { DataSet, Tag, transferSyntax, writeDataSet } from '@leadglass/dicom';
import type { IncomingRequest } from '@leadglass/network';
import type { InstanceRecord, Retrieval, RetrieveCounts } from '../operations/index.ts';

/** Failed SOP Instance UIDs listed at the most: what a receiver can do with more is the same. */
const MAX_FAILED_LISTED = 10_000;
/** A pending response is due this often: a peer that hears nothing gives up, one that hears of every
 *  instance is slowed down. */
const PENDING_EVERY_MS = 500;

/** Sends one instance; the status of its C-STORE, or undefined when no context could take it. */
export type SendInstance = (
  record: InstanceRecord,
  dataSet: AsyncIterable<Uint8Array>,
) => Promise<number | undefined>;

/** Reads an instance in the form it goes out in; undefined when it cannot go out, or its study was erased. */
export type OpenInstance = (record: InstanceRecord) => AsyncGenerator<Uint8Array> | undefined;

/**
 * Runs the C-STORE sub-operations of a C-GET or C-MOVE (PS3.4 C.4.2, C.4.3), counting as the Standard does
 * and reporting on the way. Nothing is held but the UIDs that failed.
 */
export async function runSuboperations(
  request: IncomingRequest,
  retrieval: Retrieval,
  send: SendInstance,
  open: OpenInstance = (record) => retrieval.read(record),
): Promise<RetrieveCounts & { failedUIDs: string[] }> {
  const counts = { completed: 0, failed: 0, warning: 0, cancelled: false, failedUIDs: [] as string[] };
  let reportedAt = performance.now();
  for (const { record, dataSet } of readAhead(retrieval, open)) {
    if (request.signal.aborted) {
      counts.cancelled = true;
      await dataSet?.return();
      break;
    }
    const status = dataSet ? await sendOne(record, dataSet, send) : undefined;
    if (status === 0x0000) counts.completed++;
    else if (status !== undefined && (status >> 12 === 0xb || status === 0x0001 || status === 0x0107))
      counts.warning++;
    else {
      counts.failed++;
      if (counts.failedUIDs.length < MAX_FAILED_LISTED) counts.failedUIDs.push(record.sopInstanceUID);
    }
    if (performance.now() - reportedAt > PENDING_EVERY_MS) {
      reportedAt = performance.now();
      await request.respond({ status: 0xff00, ...numbersOf(counts, retrieval.total) });
    }
  }
  return counts;
}

/** A data set on its way out: whoever stops early lets it go. */
interface DataSetChunks extends AsyncIterableIterator<Uint8Array> {
  return(): Promise<IteratorResult<Uint8Array>>;
  /** Rejects when the first chunk cannot be had: nothing was promised to the peer yet. */
  ready(): Promise<unknown>;
  release(chunk: Uint8Array): void;
}

/** The next instance is read from the disk while the one before it is on the wire. */
function* readAhead(
  retrieval: Retrieval,
  open: OpenInstance,
): Generator<{ record: InstanceRecord; dataSet: DataSetChunks | undefined }> {
  let upcoming: { record: InstanceRecord; dataSet: DataSetChunks | undefined } | undefined;
  try {
    for (const record of retrieval.instances()) {
      const current = upcoming;
      const dataSet = open(record);
      upcoming = { record, dataSet: dataSet && begun(dataSet) };
      if (current) yield current;
    }
    const last = upcoming;
    upcoming = undefined;
    if (last) yield last;
  } finally {
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
  record: InstanceRecord,
  dataSet: DataSetChunks,
  send: SendInstance,
): Promise<number | undefined> {
  try {
    await dataSet.ready();
    return await send(record, dataSet);
  } catch (error) {
    // One that cannot be read or sent is one that failed; the others go on, as far as the association does.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  } finally {
    await dataSet.return();
  }
}

/** The final response: status, counts, and which failed. */
export async function respondFinally(
  request: IncomingRequest,
  counts: RetrieveCounts & { failedUIDs: string[] },
  total: number,
): Promise<void> {
  const { numberOfRemainingSuboperations, ...numbers } = numbersOf(counts, total);
  const status = counts.cancelled ? 0xfe00 : statusOfAll(counts);
  const remaining = counts.cancelled ? { numberOfRemainingSuboperations } : {};
  await request.respond({ status, ...numbers, ...remaining }, failedList(request, counts.failedUIDs));
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
