import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePart10Header } from '@leadglass/dicom';
import { find, move, OperationFailed, store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { CT_IMAGE_STORAGE, CT_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { identifierBytes } from '../support/queries.ts';
import { Scope } from '../support/scope.ts';
import { associate, TEST_IMPLEMENTATION } from '../support/tls-client.ts';

const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1';
const STUDY_ROOT_MOVE = '1.2.840.10008.5.1.4.1.2.2.2';
const CANARY_NAME = 'Zwetschgenbaum^Kwannon';
const CANARY_ID = 'QXJ-58112-K';
const CANARY = /zwetschgenbaum|kwannon|qxj-58112/i;
const NAMED = { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('CLUMSY', 'store,find,move');
  await archive.start();
});
afterAll(() => scope.close());

function instance(sopInstanceUID: string): Uint8Array {
  const uids = { sopInstanceUID, studyInstanceUID: '2.25.700', seriesInstanceUID: '2.25.700.0' };
  const pixels = new Uint8Array(64);
  return makeInstance({ ...uids, patientName: CANARY_NAME, patientID: CANARY_ID, pixels });
}

/** A copy in which the first occurrence of the text, or a place relative to it, has other bytes. */
function spoiled(bytes: Uint8Array, text: string, shift: number, by: readonly number[]): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.set(by, copy.indexOf(text) + shift);
  return copy;
}

/** Data sets that are wrong just where the patient stands; a place before a value is its VR or its length. */
const WRONG: readonly (readonly [string, (good: Uint8Array) => Uint8Array])[] = [
  ['a length beyond the end', (good) => spoiled(good, CANARY_ID, -2, [0xff, 0xff])],
  ['a VR that does not exist', (good) => spoiled(good, CANARY_NAME, -4, [0x7a, 0x7a])],
  ['an end in the middle of a name', (good) => good.subarray(0, Buffer.from(good).indexOf(CANARY_NAME) + 6)],
  ['another instance than the command says', (good) => good],
];

/** Status, Error Comment and whatever else came with a refusal. */
async function refusal(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationFailed)) throw new Error('this had to be refused');
  return JSON.stringify(error.command);
}

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const item of items) void item;
};

describe('L7: no patient data in what the archive says', () => {
  test.each(WRONG)('C-STORE of %s: nothing of it in the answer', async (_name, spoil) => {
    const association = await associate(device, archive.port, CT_STORAGE);
    const dataSet = spoil(instance('2.25.700.1'));
    const { status, command } = await store(association, {
      ...NAMED,
      sopInstanceUID: '2.25.700.2',
      dataSet,
    });
    expect(status).not.toBe(0);
    expect(JSON.stringify(command)).not.toMatch(CANARY);
    await association.release();
  });

  test('C-FIND and C-MOVE that fail', async () => {
    const contexts = [STUDY_ROOT_FIND, STUDY_ROOT_MOVE].map((abstractSyntax) => ({
      abstractSyntax,
      transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN],
    }));
    const association = await associate(device, archive.port, contexts);
    const broken = identifierBytes('STUDY', { PatientName: CANARY_NAME, PatientID: CANARY_ID });
    const answers = [
      await refusal(
        drain(
          find(association, {
            sopClassUID: STUDY_ROOT_FIND,
            identifier: spoiled(broken, CANARY_ID, -2, [0xff, 0xff]),
          }),
        ),
      ),
      await refusal(
        drain(
          find(association, {
            sopClassUID: STUDY_ROOT_FIND,
            identifier: identifierBytes('IMAGE', { PatientID: CANARY_ID, SOPInstanceUID: '' }),
          }),
        ),
      ),
      await refusal(
        drain(
          move(association, {
            sopClassUID: STUDY_ROOT_MOVE,
            identifier: identifierBytes('STUDY', { PatientID: CANARY_ID, PatientName: CANARY_NAME }),
            moveDestination: 'CLUMSY',
          }),
        ),
      ),
    ];
    expect(answers.join('\n')).not.toMatch(CANARY);
    await association.release();
  });

  test('`leadglass import` of files that are refused', async () => {
    const folder = scope.folder('spoiled');
    const sopInstanceUID = '2.25.700.1';
    for (const [number, [, spoil]] of WRONG.entries()) {
      const header = writePart10Header({ ...NAMED, ...TEST_IMPLEMENTATION, sopInstanceUID });
      const bytes = Buffer.concat([header, spoil(instance(sopInstanceUID))]);
      writeFileSync(join(folder, `${number}.dcm`), bytes);
    }
    const { output } = await archive.command('import', folder);
    expect(output).not.toBe('');
    expect(output).not.toMatch(CANARY);
  });

  test('and the server itself said nothing of it', async () => {
    expect(await archive.stop()).toBe(0);
    expect(archive.said).not.toMatch(CANARY);
  });
});
