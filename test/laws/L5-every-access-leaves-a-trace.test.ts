import { find, move, store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrailEntry } from '../../packages/server/src/audit-trail/index.ts';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { associateForGet, fetchSums } from '../support/fetching.ts';
import { CT_IMAGE_STORAGE, CT_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { identifierBytes } from '../support/queries.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';

const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1';
const STUDY_ROOT_MOVE = '1.2.840.10008.5.1.4.1.2.2.2';
const STUDY = '2.25.500';
const INSTANCE = '2.25.500.1';

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('READER', 'echo,store,find,get,move');
  await archive.start();
});
afterAll(() => scope.close());

/** Entries that this brought into the trail, and that the trail still holds together. */
async function traceOf(run: () => Promise<unknown>): Promise<TrailEntry[]> {
  const last = (await archive.trail()).at(-1)?.sequence ?? 0;
  await run();
  const verified = await archive.verifyTrail();
  expect(verified.firstProblem).toBeUndefined();
  return await archive.trail(last + 1);
}

async function over(
  sopClassUID: string,
  run: (association: Awaited<ReturnType<typeof associate>>) => Promise<unknown>,
) {
  const association = await associate(device, archive.port, [
    { abstractSyntax: sopClassUID, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] },
  ]);
  try {
    await run(association);
  } finally {
    await association.release();
  }
}

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const item of items) void item;
};

/** Status of an operation that must fail. */
async function failure(run: Promise<unknown>): Promise<number> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return (error as { status?: number } | undefined)?.status ?? 0;
}

describe('L5: every access leaves a trace, refused ones included', () => {
  const queried = (bytes: Uint8Array) =>
    over(STUDY_ROOT_FIND, (association) =>
      drain(find(association, { sopClassUID: STUDY_ROOT_FIND, identifier: bytes })),
    );
  const moved = (bytes: Uint8Array, moveDestination: string) =>
    over(STUDY_ROOT_MOVE, (association) =>
      drain(move(association, { sopClassUID: STUDY_ROOT_MOVE, identifier: bytes, moveDestination })),
    );

  test('C-STORE: who, what, from where', async () => {
    const dataSet = makeInstance({
      sopInstanceUID: INSTANCE,
      studyInstanceUID: STUDY,
      seriesInstanceUID: `${STUDY}.0`,
    });
    const trace = await traceOf(async () => {
      const association = await associate(device, archive.port, CT_STORAGE);
      const named = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
      await store(association, { ...named, sopInstanceUID: INSTANCE, dataSet });
      await store(association, { ...named, sopInstanceUID: INSTANCE, dataSet: dataSet.subarray(0, 100) });
      await association.release();
    });
    expect(trace).toMatchObject([
      {
        verb: 'store',
        outcome: 'success',
        principal: { kind: 'device', id: 'READER', via: 'certificate' },
        peer: { address: '127.0.0.1' },
        subject: { patientID: 'TEST-1', studyInstanceUID: STUDY, sopInstanceUID: INSTANCE },
      },
      { verb: 'store', outcome: 'failed', subject: { sopInstanceUID: INSTANCE } },
    ]);
  });

  test('C-FIND: before the first answer leaves', async () => {
    const trace = await traceOf(() => queried(identifierBytes('STUDY', { StudyInstanceUID: STUDY })));
    expect(trace).toMatchObject([{ verb: 'find', outcome: 'success', subject: { count: 1 } }]);
  });

  test('C-FIND that is refused for what it asks', async () => {
    const trace = await traceOf(() => failure(queried(identifierBytes('IMAGE', { SOPInstanceUID: '' }))));
    expect(trace).toMatchObject([{ verb: 'find', outcome: 'failed', principal: { id: 'READER' } }]);
  });

  test('C-GET', async () => {
    const trace = await traceOf(async () => {
      const association = await associateForGet(device, archive.port);
      expect((await fetchSums(association, 'STUDY', { StudyInstanceUID: STUDY })).size).toBe(1);
      await association.release();
    });
    expect(trace.at(-1)).toMatchObject({
      verb: 'get',
      outcome: 'success',
      subject: { patientID: 'TEST-1', studyInstanceUID: STUDY, count: 1 },
    });
  });

  test('C-MOVE to a destination that is not registered: A801', async () => {
    let status = 0;
    const trace = await traceOf(async () => {
      status = await failure(moved(identifierBytes('STUDY', { StudyInstanceUID: STUDY }), 'ELSEWHERE'));
    });
    expect(status).toBe(0xa801);
    expect(trace).toMatchObject([{ verb: 'move', outcome: 'refused', detail: { destination: 'ELSEWHERE' } }]);
  });

  test('C-MOVE whose identifier selects nothing in particular', async () => {
    const trace = await traceOf(() =>
      failure(moved(identifierBytes('STUDY', { StudyInstanceUID: '' }), 'READER')),
    );
    expect(trace.at(-1)).toMatchObject({
      verb: 'move',
      outcome: expect.stringMatching(/refused|failed/) as string,
    });
  });

  test('what is done at the command line: import, device add and revoke', async () => {
    await archive.addDevice('GUEST', 'echo');
    await archive.command('device', 'revoke', 'GUEST');
    expect(await archive.stop()).toBe(0);
    const verbs = (await archive.trail()).map(({ verb }) => verb);
    expect(verbs).toContain('start');
    expect(verbs).toContain('stop');
    expect(verbs.filter((verb) => verb === 'manage-devices').length).toBeGreaterThanOrEqual(2);
  });
});
