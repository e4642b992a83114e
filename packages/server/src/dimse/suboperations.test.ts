import { readDataSet, Tag, transferSyntax, TransferSyntaxUID } from '@leadglass/dicom';
import type { IncomingRequest } from '@leadglass/network';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ImagingError, type InstanceRecord, NoRoom, type Retrieval } from '../operations/index.ts';
import { respondFinally, runSuboperations, type SendInstance } from './suboperations.ts';

interface Response {
  status: number;
  numberOfRemainingSuboperations?: number;
  numberOfCompletedSuboperations?: number;
  numberOfFailedSuboperations?: number;
  numberOfWarningSuboperations?: number;
  errorComment?: string;
}

/** A request that remembers its responses. */
function fakeRequest(): {
  request: IncomingRequest;
  responses: Response[];
  dataSets: (Uint8Array | undefined)[];
  cancel: () => void;
} {
  const controller = new AbortController();
  const responses: Response[] = [];
  const dataSets: (Uint8Array | undefined)[] = [];
  const request = {
    signal: controller.signal,
    presentationContext: {
      id: 1,
      abstractSyntax: '',
      transferSyntax: TransferSyntaxUID.ImplicitVRLittleEndian,
    },
    respond: (response: Response, dataSet?: Uint8Array) => {
      responses.push(response);
      dataSets.push(dataSet);
      return Promise.resolve();
    },
  } as unknown as IncomingRequest;
  return { request, responses, dataSets, cancel: () => controller.abort() };
}

/** A retrieval of instances that are there; `closed` counts the data sets that were let go. */
function retrievalOf(
  count: number,
  erased: readonly number[] = [],
): { retrieval: Retrieval; closed: () => number } {
  let closed = 0;
  const records = Array.from({ length: count }, (_, i) => ({ sopInstanceUID: `1.2.${i}` }) as InstanceRecord);
  async function* dataSet(): AsyncGenerator<Uint8Array> {
    try {
      yield await Promise.resolve(new Uint8Array(10));
      yield new Uint8Array(10);
    } finally {
      closed++;
    }
  }
  const retrieval: Retrieval = {
    total: count,
    instances: () => records.values(),
    read: (record) => (erased.includes(records.indexOf(record)) ? undefined : dataSet()),
  };
  return { retrieval, closed: () => closed };
}

const numberOf = (record: InstanceRecord): number => Number(record.sopInstanceUID.split('.').at(-1));
const send =
  (statuses: (number | undefined)[]): SendInstance =>
  async (record, dataSet) => {
    for await (const chunk of dataSet) expect(chunk.length).toBe(10);
    return statuses[numberOf(record)];
  };

/** A data set that is there, or cannot be made. */
async function* failing(code: ImagingError['code'] | undefined): AsyncGenerator<Uint8Array> {
  if (code !== undefined) throw new ImagingError(code);
  yield await Promise.resolve(new Uint8Array(10));
}

async function run(count: number, statuses: (number | undefined)[], erased: readonly number[] = []) {
  const { request, responses, dataSets } = fakeRequest();
  const { retrieval, closed } = retrievalOf(count, erased);
  const counts = await runSuboperations(request, retrieval, send(statuses));
  await respondFinally(request, counts, retrieval.total);
  return { counts, final: responses.at(-1), identifier: dataSets.at(-1), closed: closed() };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('sub-operations (PS3.4 C.4.2, C.4.3)', () => {
  const cases: [string, (number | undefined)[], number, [number, number, number], string?][] = [
    ['all taken', [0, 0, 0], 0x0000, [3, 0, 0]],
    ['one failed', [0, 0xa700, 0], 0xb000, [2, 1, 0], '1 refused by receiver'],
    ['one with a warning', [0, 0xb000, 0], 0xb000, [2, 0, 1]],
    ['all with a warning', [0xb006, 0xb007, 0x0107], 0xb000, [0, 0, 3]],
    [
      'one without a context that could take it',
      [0, undefined, 0],
      0xb000,
      [2, 1, 0],
      '1 in no common syntax',
    ],
    [
      'none taken',
      [0xa700, undefined, 0x0110],
      0xa702,
      [0, 3, 0],
      '1 in no common syntax, 2 refused by receiver',
    ],
    ['none at all', [], 0x0000, [0, 0, 0]],
  ];
  test.each(cases)('%s', async (_title, statuses, status, [completed, failed, warning], errorComment) => {
    const { final, identifier } = await run(statuses.length, statuses);
    expect(final).toEqual({
      status,
      numberOfCompletedSuboperations: completed,
      numberOfFailedSuboperations: failed,
      numberOfWarningSuboperations: warning,
      ...(errorComment === undefined ? {} : { errorComment }),
    });
    const syntax = transferSyntax(TransferSyntaxUID.ImplicitVRLittleEndian);
    const listed =
      identifier && syntax ? readDataSet(identifier, syntax).strings(Tag.FailedSOPInstanceUIDList) : [];
    const wanted = statuses.flatMap((one, i) =>
      one === 0 || (one ?? 0) >> 12 === 0xb || one === 0x0107 ? [] : [`1.2.${i}`],
    );
    expect(listed).toEqual(wanted);
  });

  test('let go of what they read, and end when sending ends for a reason of the archive', async () => {
    expect((await run(4, [0, 0, 0, 0])).closed).toBe(4);
    const { request } = fakeRequest();
    const broken: SendInstance = async (_record, dataSet) => {
      for await (const chunk of dataSet) throw new Error(`after ${chunk.length} bytes`);
      return 0;
    };
    await expect(runSuboperations(request, retrievalOf(3).retrieval, broken)).rejects.toThrow(
      'after 10 bytes',
    );
  });

  test('of an instance that cannot be read or sent fail, the others go on', async () => {
    const { request } = fakeRequest();
    const unreadable: SendInstance = (record) =>
      numberOf(record) === 1
        ? Promise.reject(Object.assign(new Error('damaged'), { code: 'READ_FAILED' }))
        : Promise.resolve(0);
    const counts = await runSuboperations(request, retrievalOf(3).retrieval, unreadable);
    expect(counts).toMatchObject({ completed: 2, failed: 1, failedUIDs: ['1.2.1'] });
  });

  test('of what cannot be converted fail before anything is sent, with a comment that says why', async () => {
    const { request, responses } = fakeRequest();
    const { retrieval } = retrievalOf(6);
    const codes = [
      undefined,
      'FRAME_TOO_LARGE',
      'CODESTREAM_TRUNCATED',
      'TIMED_OUT',
      undefined,
      'FRAME_TOO_LARGE',
    ] as const;
    const sent: number[] = [];
    const counts = await runSuboperations(
      request,
      retrieval,
      (record) => {
        sent.push(numberOf(record));
        return Promise.resolve(0);
      },
      (record) => failing(codes[numberOf(record)]),
    );
    await respondFinally(request, counts, retrieval.total);
    expect(sent).toEqual([0, 4]);
    expect(counts).toMatchObject({
      completed: 2,
      failed: 4,
      failedUIDs: ['1.2.1', '1.2.2', '1.2.3', '1.2.5'],
    });
    const errorComment = '2 too large to convert, 2 not convertible';
    expect(responses.at(-1)).toMatchObject({ status: 0xb000, errorComment });
  });

  test('fail for more reasons than a comment has room for: the most telling ones, 64 characters', async () => {
    const { request, responses } = fakeRequest();
    const failures = {
      TOO_LARGE: 99_999,
      NOT_CONVERTED: 99_999,
      NO_ROOM: 99_999,
      NOT_READ: 99_999,
      NOT_SENT: 99_999,
      REFUSED: 99_999,
    };
    const counts = { completed: 0, failed: 1, warning: 0, cancelled: false, failedUIDs: [], failures };
    await respondFinally(request, counts, 1);
    const errorComment = '99999 too large to convert, 99999 not convertible';
    expect(responses[0]).toMatchObject({ status: 0xa702, errorComment });
  });

  /** A data set for which there is no room until whoever asks for it gives up. */
  async function* withoutRoom(giveUp: AbortSignal): AsyncGenerator<Uint8Array> {
    await new Promise((resolve) => giveUp.addEventListener('abort', resolve));
    throw new NoRoom();
    yield new Uint8Array();
  }
  const QUICK = { silenceMaxMs: 10, roomWaitMaxMs: 200 };
  const taken: SendInstance = () => Promise.resolve(0);

  test('that wait for room to be converted in fail after a time, and meanwhile the peer hears of it', async () => {
    const { request, responses } = fakeRequest();
    const { retrieval } = retrievalOf(3);
    const counts = await runSuboperations(
      request,
      retrieval,
      taken,
      (record, giveUp) => (numberOf(record) === 1 ? withoutRoom(giveUp) : failing(undefined)),
      QUICK,
    );
    expect(counts).toMatchObject({ completed: 2, failed: 1, failedUIDs: ['1.2.1'] });
    const heard = responses.length;
    expect(heard).toBeGreaterThan(3);
    expect(responses[0]).toMatchObject({
      status: 0xff00,
      numberOfCompletedSuboperations: 1,
      numberOfRemainingSuboperations: 2,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(responses).toHaveLength(heard);
    await respondFinally(request, counts, retrieval.total);
    const errorComment = '1 no room to convert in time';
    expect(responses.at(-1)).toMatchObject({ status: 0xb000, errorComment });
  });

  test('the next of which waits for room while one is sent slowly lose no time by it', async () => {
    const { request } = fakeRequest();
    const slow: SendInstance = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return 0;
    };
    let inTime = true;
    const open = (record: InstanceRecord, giveUp: AbortSignal): AsyncGenerator<Uint8Array> => {
      if (numberOf(record) === 1) giveUp.addEventListener('abort', () => (inTime = false));
      return failing(undefined);
    };
    await runSuboperations(request, retrievalOf(2).retrieval, slow, open, { ...QUICK, roomWaitMaxMs: 100 });
    expect(inTime).toBe(true);
  });

  test('that wait for room end at once when they are cancelled, and none of them failed', async () => {
    const { request, cancel } = fakeRequest();
    const { retrieval } = retrievalOf(4);
    const running = runSuboperations(request, retrieval, taken, (_record, giveUp) => withoutRoom(giveUp), {
      ...QUICK,
      roomWaitMaxMs: 60_000,
    });
    setTimeout(cancel, 20);
    expect(await running).toMatchObject({ completed: 0, failed: 0, cancelled: true });
  });

  test('of which one is on the wire are reported once, not again behind it', async () => {
    const { request, responses } = fakeRequest();
    const respond = request.respond.bind(request);
    let free = (): void => undefined;
    const socket = new Promise<void>((resolve) => (free = resolve));
    const stalled = {
      ...request,
      respond: (...given: Parameters<typeof respond>) => respond(...given).then(() => socket),
    };
    const slow: SendInstance = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      free();
      return 0;
    };
    await runSuboperations(stalled, retrievalOf(1).retrieval, slow, undefined, QUICK);
    expect(responses).toHaveLength(1);
  });

  test('of a study that was erased fail, one by one', async () => {
    const { counts } = await run(3, [0, 0, 0], [1]);
    expect(counts).toMatchObject({ completed: 2, failed: 1, failedUIDs: ['1.2.1'] });
  });

  test('cancelled stop before the next instance and say how many are left', async () => {
    const { request, responses, cancel } = fakeRequest();
    const { retrieval } = retrievalOf(10);
    const sendThree: SendInstance = (record) => {
      if (numberOf(record) === 2) cancel();
      return Promise.resolve(0);
    };
    const counts = await runSuboperations(request, retrieval, sendThree);
    expect(counts).toMatchObject({ completed: 3, cancelled: true });
    await respondFinally(request, counts, 10);
    expect(responses.at(-1)).toEqual({
      status: 0xfe00,
      numberOfRemainingSuboperations: 7,
      numberOfCompletedSuboperations: 3,
      numberOfFailedSuboperations: 0,
      numberOfWarningSuboperations: 0,
    });
  });

  test('that take long are reported on the way, twice a second', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { request, responses } = fakeRequest();
    const { retrieval } = retrievalOf(20);
    const slow: SendInstance = () => {
      now += 100;
      return Promise.resolve(0);
    };
    await runSuboperations(request, retrieval, slow);
    expect(responses.map(({ status }) => status)).toEqual(Array(3).fill(0xff00));
    expect(responses[0]).toMatchObject({
      numberOfCompletedSuboperations: 6,
      numberOfRemainingSuboperations: 14,
    });
  });

  test('beyond what a US can say are shown as 65535, and failed UIDs listed up to a limit', async () => {
    const { request, responses, dataSets } = fakeRequest();
    const failedUIDs = Array.from({ length: 10_000 }, (_, i) => `1.2.${i}`);
    await respondFinally(
      request,
      { completed: 70_000, failed: 80_000, warning: 0, cancelled: false, failedUIDs, failures: {} },
      150_000,
    );
    expect(responses[0]).toMatchObject({
      numberOfCompletedSuboperations: 65_535,
      numberOfFailedSuboperations: 65_535,
    });
    expect(dataSets[0]?.length).toBeGreaterThan(60_000);
  });
});
