import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSet, Tag, writePart10Header } from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Folders } from '../archive/testing/folders.ts';
import { decodeLocation } from '../archive/packs/format.ts';
import { instanceOf, studyUID } from '../archive/testing/instances.ts';
import {
  OPERATOR_VERBS,
  operatorPrincipal,
  systemPrincipal,
  TOKEN_VERBS,
  type Verb,
  VERBS,
} from '../identity/index.ts';
import type { Caller } from './caller.ts';
import {
  carryOut,
  commit,
  dropQuarantined,
  exportStudy,
  find,
  importFile,
  listQuarantined,
  parseQuery,
  Refused,
  retrieve,
  search,
  StoreOperation,
  verify,
  Viewings,
} from './index.ts';
import { bareDevice, caller, TestWorkplace, trustedDevice } from './testing/workplaces.ts';

const folders = new Folders();
let workplace: TestWorkplace;
/** A data set in quarantine: its SOPInstanceUID, and what it is called. */
let inQuarantine: [uid: string, name: string];
beforeAll(async () => {
  workplace = await TestWorkplace.open();
  inQuarantine = await bringIntoQuarantine();
});
afterAll(async () => {
  await workplace.close();
  folders.remove();
});

const operator: Caller = { principal: operatorPrincipal('root') };
const system: Caller = { principal: systemPrincipal() };
const exporter = { implementationClassUID: '1.2.3', implementationVersionName: 'TEST' };

function studyQuery() {
  const identifier = new DataSet();
  identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
  identifier.set(Tag.PatientID, 'P1');
  return parseQuery(identifier, { root: 'STUDY' });
}

function instanceFile(): string {
  const { source, dataSet } = instanceOf();
  const file = join(folders.make(), 'instance.dcm');
  writeFileSync(file, Buffer.concat([writePart10Header({ ...source, ...exporter }), dataSet]));
  return file;
}

async function storeAs(who: Caller): Promise<unknown> {
  const { source, dataSet } = instanceOf({ number: 9 });
  const operation = await StoreOperation.open(workplace, who, source);
  await operation.write(dataSet);
  return operation.finish();
}

async function bringIntoQuarantine(): Promise<[uid: string, name: string]> {
  await workplace.store(instanceOf());
  await workplace.store(instanceOf({ seed: 2 }));
  const [record] = workplace.archive.index.quarantinePage(0, 1).records;
  if (!record) throw new Error('it is in quarantine');
  const { packID, offset } = decodeLocation(record.location).record;
  return [record.sopInstanceUID, `${packID}:${offset}`];
}

const nothing = { completed: 0, failed: 0, warning: 0, cancelled: false };
const ofStudy = { studyInstanceUIDs: [studyUID(1)] };
const plainly = (verb: Verb) => (who: Caller) => carryOut(workplace, verb, who, {}, () => 'done');

/** How each verb is carried out, and who may have it. A verb that is missing here fails the test below. */
const verbs: Record<
  Exclude<Verb, 'connect'>,
  { by: Caller; run: (who: Caller) => Promise<unknown>; entries: number }
> = {
  echo: { by: trustedDevice, run: plainly('echo'), entries: 1 },
  store: { by: trustedDevice, run: storeAs, entries: 1 },
  find: { by: trustedDevice, run: (who) => find(workplace, who, studyQuery(), () => true), entries: 1 },
  get: {
    by: trustedDevice,
    run: (who) => retrieve(workplace, 'get', who, ofStudy, {}, () => Promise.resolve(nothing)),
    entries: 2,
  },
  move: {
    by: trustedDevice,
    run: (who) => retrieve(workplace, 'move', who, ofStudy, {}, () => Promise.resolve(nothing)),
    entries: 2,
  },
  commit: { by: trustedDevice, run: (who) => commit(workplace, who, []), entries: 1 },
  import: {
    by: operator,
    run: async (who) => {
      const result = await importFile(workplace, who, instanceFile());
      if (result.outcome === 'refused') throw new Refused(result.reason ?? '');
      return result;
    },
    entries: 1,
  },
  export: {
    by: operator,
    run: (who) => exportStudy(workplace, who, studyUID(1), folders.make(), exporter),
    entries: 2,
  },
  verify: { by: operator, run: (who) => verify(workplace, who), entries: 1 },
  'read-quarantine': { by: operator, run: (who) => listQuarantined(workplace, who, 0), entries: 1 },
  'drop-quarantined': {
    by: operator,
    run: (who) => dropQuarantined(workplace, who, ...inQuarantine),
    entries: 1,
  },
  delete: { by: operator, run: plainly('delete'), entries: 1 },
  'rebuild-index': { by: operator, run: plainly('rebuild-index'), entries: 1 },
  'read-trail': { by: operator, run: plainly('read-trail'), entries: 1 },
  'manage-devices': { by: operator, run: plainly('manage-devices'), entries: 1 },
  'manage-installation': { by: operator, run: plainly('manage-installation'), entries: 1 },
  start: { by: system, run: plainly('start'), entries: 1 },
  stop: { by: system, run: plainly('stop'), entries: 1 },
  reclaim: { by: system, run: plainly('reclaim'), entries: 1 },
  notify: { by: system, run: plainly('notify'), entries: 1 },
};

const token: Caller = caller({ kind: 'token', via: 'bearer-token', verbs: TOKEN_VERBS }, 'T1');
/** The ways in of the web door: further ways to carry out the verbs above. */
const webWays: readonly {
  name: string;
  verb: Verb;
  run: (who: Caller) => Promise<unknown>;
  outcomes: string[];
}[] = [
  {
    name: 'search',
    verb: 'find',
    run: (who) => search(workplace, who, { ...studyQuery(), limit: 10 }),
    outcomes: ['success'],
  },
  {
    name: 'view',
    verb: 'get',
    run: async (who) => {
      const viewings = new Viewings(workplace);
      try {
        await viewings.view(
          who,
          () => ({ studyInstanceUID: studyUID(1) }),
          () => Promise.resolve('seen'),
        );
      } finally {
        await viewings.close();
      }
    },
    outcomes: ['pending', 'success'],
  },
];

describe.each(webWays)('$name, a way to $verb', ({ verb, run, outcomes }) => {
  test('is refused to whoever was not granted the verb, and the refusal recorded once', async () => {
    const others = TOKEN_VERBS.filter((one) => one !== verb);
    for (const stranger of [
      caller({ kind: 'token', via: 'bearer-token', verbs: others }),
      caller({ kind: 'token', via: 'certificate', verbs: TOKEN_VERBS }),
      bareDevice,
    ]) {
      const { error, entries } = await workplace.trailOf(() => run(stranger));
      expect(error).toBeInstanceOf(Refused);
      expect(entries).toEqual([expect.objectContaining({ verb, outcome: 'refused', peer: stranger.peer })]);
    }
  });

  test.each([
    ['a token', token],
    ['a device', trustedDevice],
  ])('is carried out for %s that was granted it, and recorded', async (_who, who) => {
    await workplace.store(instanceOf());
    const { error, entries } = await workplace.trailOf(() => run(who));
    expect(error).toBeUndefined();
    expect(entries.map((entry) => [entry.verb, entry.outcome])).toEqual(outcomes.map((each) => [verb, each]));
  });
});

test('every verb there is stands here', () => {
  expect(Object.keys(verbs).sort()).toEqual(VERBS.filter((verb) => verb !== 'connect').sort());
});

describe.each(Object.entries(verbs))('%s', (verb, { by, run, entries }) => {
  test('is refused to whoever was not granted it, and the refusal recorded once', async () => {
    const strangers: Caller[] = [
      bareDevice,
      caller({ kind: 'operator', via: 'certificate', verbs: OPERATOR_VERBS }),
      caller({ kind: 'system', via: 'command-line', verbs: VERBS }),
      caller({ kind: 'device', via: 'certificate', verbs: VERBS.filter((one) => one !== verb) }),
    ];
    const { instances } = workplace.archive.index.statistics();
    for (const stranger of strangers) {
      const { error, entries: recorded } = await workplace.trailOf(() => run(stranger));
      expect(error).toBeInstanceOf(Refused);
      expect(recorded).toEqual([
        expect.objectContaining({
          verb,
          outcome: 'refused',
          reason: expect.any(String) as string,
          principal: { kind: stranger.principal.kind, id: 'CT1', via: stranger.principal.via },
          peer: stranger.peer,
        }),
      ]);
    }
    expect(workplace.archive.index.statistics().instances).toBe(instances);
  });

  test('is carried out for whoever was granted it, and what came of it recorded', async () => {
    const { error, entries: recorded } = await workplace.trailOf(() => run(by));
    expect(error).toBeUndefined();
    expect(recorded.map((entry) => entry.verb)).toEqual(Array(entries).fill(verb));
    expect(recorded.map(({ outcome }) => outcome)).toEqual(
      entries === 1 ? ['success'] : ['pending', 'success'],
    );
  });
});

describe('work that fails', () => {
  test('is recorded once as failed, with a code and never with a message', async () => {
    const failures: [unknown, string][] = [
      [Object.assign(new Error('Doe^Jane'), { code: 'SOME_CODE' }), 'SOME_CODE'],
      [new Error('Doe^Jane'), 'UNEXPECTED'],
      ['Doe^Jane', 'UNEXPECTED'],
      [Object.assign(new Error('x'), { code: 'X'.repeat(1000) }), 'X'.repeat(64)],
    ];
    for (const [failure, reason] of failures) {
      const { error, entries } = await workplace.trailOf(() =>
        carryOut(workplace, 'echo', trustedDevice, {}, () => Promise.reject(failure as Error)),
      );
      expect(error).toBe(failure);
      expect(entries).toEqual([expect.objectContaining({ outcome: 'failed', reason })]);
      expect(JSON.stringify(entries)).not.toContain('Doe');
    }
  });

  test('after it recorded itself is not recorded again', async () => {
    const { entries } = await workplace.trailOf(() =>
      carryOut(workplace, 'echo', trustedDevice, {}, async (operation) => {
        await operation.record('refused', { reason: 'MINE' });
        throw new Error('later');
      }),
    );
    expect(entries.map(({ outcome, reason }) => [outcome, reason])).toEqual([['refused', 'MINE']]);
  });
});

test('what cannot be recorded is not done: nothing leaves when the trail cannot be written', async () => {
  await workplace.store(instanceOf());
  const broken = {
    archive: Object.create(workplace.archive) as typeof workplace.archive,
    budget: workplace.budget,
    quarantine: workplace.quarantine,
    nowMs: workplace.nowMs,
  };
  Object.defineProperties(broken.archive, {
    note: { value: () => Promise.reject(Object.assign(new Error('full'), { code: 'WRITE_REFUSED' })) },
    index: { value: workplace.archive.index },
  });
  let given = 0;
  const full = { code: 'WRITE_REFUSED' };
  await expect(find(broken, trustedDevice, studyQuery(), () => ++given > 0)).rejects.toMatchObject(full);
  const transfer = (): Promise<typeof nothing> => Promise.resolve({ ...nothing, completed: ++given });
  await expect(retrieve(broken, 'get', trustedDevice, ofStudy, {}, transfer)).rejects.toMatchObject(full);
  await expect(carryOut(broken, 'echo', trustedDevice, {}, () => undefined)).rejects.toMatchObject(full);
  await expect(carryOut(broken, 'echo', bareDevice, {}, () => ++given)).rejects.toMatchObject(full);
  expect(given).toBe(0);
});
