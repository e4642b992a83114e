import { PassThrough, Writable } from 'node:stream';
import { type DicomJson, writePart10Header } from '@leadglass/dicom';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instanceOf, instanceUID, studyUID, type TestInstance } from '../archive/testing/instances.ts';
import { type Caller, Refused } from '../operations/index.ts';
import { bareDevice, TestWorkplace, trustedDevice } from '../operations/testing/workplaces.ts';
import { Answer, type RawResponse } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { storeInstances } from './store.ts';
import { WebRequest } from './web-request.ts';

/** Sequences of the answer (PS3.18 10.5.3.2 and Table I.2-1). */
const [REFERENCED, FAILED, OTHER_FAILURES] = ['00081199', '00081198', '0008119A'];
const FAILURE_REASON = '00081197';
const REFERENCED_SOP_INSTANCE_UID = '00081155';
const MULTIPART = 'multipart/related; type="application/dicom"; boundary=B';

let workplace: TestWorkplace;
beforeEach(async () => {
  workplace = await TestWorkplace.open();
});
afterEach(() => workplace.close());

class KeptResponse extends Writable implements RawResponse {
  headersSent = false;
  status = 0;
  readonly #pieces: Buffer[] = [];

  writeHead(status: number): void {
    this.headersSent = true;
    this.status = status;
  }

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.#pieces.push(Buffer.from(piece));
    done();
  }

  json(): DicomJson {
    return JSON.parse(Buffer.concat(this.#pieces).toString('utf8')) as DicomJson;
  }
}

interface Posted {
  readonly type?: string;
  readonly study?: string;
  readonly caller?: Caller;
  /** Lengths of the pieces it comes in, over and over. */
  readonly cut?: readonly number[];
  /** The client leaves instead of ending it. */
  readonly breaksOff?: boolean;
}

interface Stored {
  readonly status: number;
  /** SOP Instance UIDs, as the answer has them. */
  readonly stored: readonly string[];
  /** Of failures with a name: UID and reason; of the others the reason. */
  readonly failed: readonly string[];
}

async function post(bytes: Buffer, posted: Posted = {}): Promise<Stored> {
  const { type = MULTIPART, study, caller = trustedDevice, cut = [16_384], breaksOff = false } = posted;
  const response = new KeptResponse();
  const common = { isHead: false, common: {}, idleTimeoutMs: 5_000 };
  const body = new PassThrough();
  const request = new WebRequest({
    method: 'POST',
    url: '/studies',
    caller,
    headers: { 'content-type': type },
    parameters: { study },
    body,
  });
  const context: Pick<DoorContext, 'workplace' | 'baseURL' | 'requestMaxBytes' | 'idleTimeoutMs'> = {
    workplace,
    baseURL: 'https://here/dicom-web',
    requestMaxBytes: 100_000_000,
    idleTimeoutMs: 5_000,
  };
  const storing = storeInstances(context as DoorContext, request, new Answer(response, common));
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    body.write(Buffer.from(bytes.subarray(at, (at += cut[turn % cut.length] ?? 1))));
  }
  if (breaksOff) setImmediate(() => body.destroy());
  else body.end();
  await storing;
  const items = (tag: string): DicomJson[] => (response.json()[tag]?.Value ?? []) as DicomJson[];
  const valueOf = (item: DicomJson, tag: string): string => String(item[tag]?.Value?.[0]);
  const uidOf = (item: DicomJson): string => valueOf(item, REFERENCED_SOP_INSTANCE_UID);
  return {
    status: response.status,
    stored: items(REFERENCED).map(uidOf),
    failed: [
      ...items(FAILED).map((item) => `${uidOf(item)} ${valueOf(item, FAILURE_REASON)}`),
      ...items(OTHER_FAILURES).map((item) => valueOf(item, FAILURE_REASON)),
    ],
  };
}

function fileOf({ source, dataSet }: TestInstance): Buffer {
  const header = writePart10Header({ ...source, implementationClassUID: '1.2.3' });
  return Buffer.concat([header, dataSet]);
}

function bodyOf(files: readonly Buffer[], type = 'application/dicom'): Buffer {
  const parts = files.map((file) => [
    Buffer.from(`\r\n--B\r\nContent-Type: ${type}\r\n\r\n`, 'latin1'),
    file,
  ]);
  return Buffer.concat([...parts.flat(), Buffer.from('\r\n--B--\r\n', 'latin1')]);
}

const numbered = (number: number, pixelBytes = 1000): TestInstance => instanceOf({ number, pixelBytes });
const uidOf = (number: number): string => instanceUID(1, 1, number);

describe('STOW-RS (PS3.18 10.5)', () => {
  test('stores all parts of a request and answers in their order, however the bytes arrive', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 40 }),
        async (cut, pixels) => {
          const instances = pixels.map((pixelBytes) => numbered(++number, pixelBytes * 2));
          const { status, stored } = await post(bodyOf(instances.map(fileOf)), { cut });
          expect(status).toBe(200);
          expect(stored).toEqual(instances.map(({ source }) => source.sopInstanceUID));
        },
      ),
      { numRuns: 15 },
    );
    expect(workplace.trail.filter(({ outcome }) => outcome === 'success').length).toBe(number);
  });

  test('keeps the bytes of each as they came, over several chunks', async () => {
    const long = numbered(1, 700_000);
    expect((await post(bodyOf([fileOf(long), fileOf(numbered(2))]))).status).toBe(200);
    // Bit for bit the same again is a success, anything else a conflict.
    const again = await post(bodyOf([fileOf(long)]), { cut: [1000, 70_000] });
    expect(again).toMatchObject({ status: 200, stored: [uidOf(1)] });
    expect(workplace.trail.at(-1)).toMatchObject({ outcome: 'success', detail: { identical: 1 } });
  });

  test('one bad part never spoils the others', async () => {
    const cutShort = fileOf(numbered(2)).subarray(0, -10);
    const files = [fileOf(numbered(1)), cutShort, Buffer.from('no file at all'), fileOf(numbered(3))];
    const { status, stored, failed } = await post(bodyOf(files));
    expect(status).toBe(202);
    expect(stored).toEqual([uidOf(1), uidOf(3)]);
    expect(failed).toEqual([`${uidOf(2)} ${0xc000}`, `${0xc000}`]);
    const outcomes = workplace.trail.map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`.trim());
    expect(outcomes.toSorted()).toEqual(['failed DATA_CUT_SHORT', 'success', 'success']);
  });

  test('a file that is broken behind its UIDs is named in the answer', async () => {
    const file = fileOf(numbered(1, 6000));
    // Patient ID gets a length that reaches beyond the end.
    const at = file.indexOf(Buffer.from('10002000', 'hex'));
    file.writeUInt16LE(0xfffe, at + 6);
    const { status, failed } = await post(bodyOf([file]));
    expect([status, failed]).toEqual([409, [`${uidOf(1)} ${0xc000}`]]);
  });

  test('an instance that comes twice in a request is held once; another under its UID is refused', async () => {
    const [one, other] = [fileOf(numbered(1)), fileOf(instanceOf({ seed: 2 }))];
    const { status, stored, failed } = await post(bodyOf([one, one, other, one]));
    expect(status).toBe(202);
    expect(stored).toEqual([uidOf(1), uidOf(1), uidOf(1)]);
    expect(failed).toEqual([`${uidOf(1)} ${0x0111}`]);
  });

  test('two requests that bring the same instances at once both succeed', async () => {
    const body = bodyOf([1, 2, 3, 4, 5].map((number) => fileOf(numbered(number))));
    const backwards = bodyOf([5, 4, 3, 2, 1].map((number) => fileOf(numbered(number))));
    const answers = await Promise.all([post(body), post(backwards)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('when the body breaks off, what was stored before stays and is told', async () => {
    const whole = bodyOf([1, 2, 3].map((number) => fileOf(numbered(number, 10_000))));
    for (const breaksOff of [true, false]) {
      const { status, stored } = await post(whole.subarray(0, -500), { breaksOff });
      expect([status, stored]).toEqual([400, [uidOf(1), uidOf(2)]]);
      const reason = breaksOff ? 'BODY_BROKEN_OFF' : 'MULTIPART_CUT_SHORT';
      expect(workplace.trail.filter((entry) => entry.reason === reason)).toMatchObject([
        { outcome: 'failed', subject: { sopInstanceUID: uidOf(3) } },
      ]);
    }
  });

  test('a caller who may not store is refused at the first part, and that is recorded once', async () => {
    const body = bodyOf([1, 2].map((number) => fileOf(numbered(number))));
    await expect(post(body, { caller: bareDevice })).rejects.toBeInstanceOf(Refused);
    expect(workplace.trail).toMatchObject([{ verb: 'store', outcome: 'refused' }]);
  });

  test('an instance of another study than the path names is refused (A901)', async () => {
    const files = [fileOf(numbered(1)), fileOf(instanceOf({ study: 2 }))];
    const { status, stored, failed } = await post(bodyOf(files), { study: studyUID(1) });
    expect([status, stored, failed]).toEqual([202, [uidOf(1)], [`${0xa901}`]]);
  });

  test('parts of another type are refused, the others stored', async () => {
    const body = Buffer.concat([
      bodyOf([Buffer.from('text')], 'text/plain').subarray(0, -'\r\n--B--\r\n'.length),
      bodyOf([fileOf(numbered(1))]),
    ]);
    const { status, stored, failed } = await post(body);
    expect([status, stored, failed]).toEqual([202, [uidOf(1)], [`${0xc002}`]]);
  });

  test('a body that is one file', async () => {
    const type = 'application/dicom';
    const { status, stored } = await post(fileOf(numbered(1, 700_000)), { type, cut: [5000] });
    expect([status, stored]).toEqual([200, [uidOf(1)]]);
    const broken = post(fileOf(numbered(2)).subarray(0, -100), { type, breaksOff: true });
    await expect(broken).rejects.toMatchObject({ status: 400, code: 'BODY_BROKEN_OFF' });
  });
});
