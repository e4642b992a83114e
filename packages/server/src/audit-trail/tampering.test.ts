import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuditTrail, formatNotedHead, parseNotedHead, readNotedHead, verifyTrail } from './index.ts';

/** L5: altering or dropping an entry is detectable. One good trail, copied and attacked in every way. */
const key = new Uint8Array(32).fill(9);
const otherKey = new Uint8Array(32).fill(8);
const base = mkdtempSync(join(tmpdir(), 'leadglass-tampering-'));
const good = join(base, 'good');
const bad = join(base, 'bad');
const HEADER_LENGTH = 48;

beforeAll(async () => {
  await makeTrail(good, key);
});
afterAll(() => rmSync(base, { recursive: true }));

async function makeTrail(folder: string, trailKey: Uint8Array): Promise<void> {
  AuditTrail.create({ folder, key: trailKey });
  const trail = await AuditTrail.open({ folder, key: trailKey, segmentLengthMax: 1500 });
  for (let number = 1; number <= 40; number++) {
    const subject = { patientID: `P${number}`, studyInstanceUID: `1.2.${number}` };
    trail.seal([
      {
        at: number,
        verb: 'get',
        outcome: 'success',
        principal: { kind: 'device', id: 'WS', via: 'certificate' },
        subject,
      },
    ]);
    trail.settle(true);
  }
  await trail.close();
}

function segments(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.segment'))
    .sort();
}

/** The records of a segment, length prefix included. */
function records(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const list: Buffer[] = [];
  for (let at = HEADER_LENGTH; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    list.push(bytes.subarray(at, end));
    at = end;
  }
  return list;
}

async function problemAfter(attack: () => void, verifyKey = key): Promise<string | undefined> {
  rmSync(bad, { recursive: true, force: true });
  cpSync(good, bad, { recursive: true });
  attack();
  return (await verifyTrail({ folder: bad, key: verifyKey })).firstProblem?.kind;
}

function rewrite(segment: string, change: (list: Buffer[]) => Buffer[]): void {
  const file = join(bad, segment);
  const header = readFileSync(file).subarray(0, HEADER_LENGTH);
  writeFileSync(file, Buffer.concat([header, ...change(records(file))]));
}

describe('verifyTrail finds (L5)', () => {
  test('nothing in a trail that nobody touched', async () => {
    expect(segments(good).length).toBeGreaterThan(4);
    expect(await problemAfter(() => undefined)).toBeUndefined();
  });

  test('any changed byte of any file', async () => {
    const files = [...segments(good), 'head'];
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (pick, at, mask) => {
        const name = files[pick % files.length] ?? '';
        const problem = await problemAfter(() => {
          const bytes = readFileSync(join(bad, name));
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ mask;
          writeFileSync(join(bad, name), bytes);
        });
        expect(problem).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  test('any entry dropped, put twice, exchanged with another or replaced by another', async () => {
    const names = segments(good);
    const attack = fc.constantFrom('drop', 'duplicate', 'exchange', 'replace', 'move');
    await fc.assert(
      fc.asyncProperty(attack, fc.nat(), fc.nat(), fc.nat(), async (kind, pick, first, second) => {
        const name = names[pick % names.length] ?? '';
        let changed = true;
        const problem = await problemAfter(() => {
          rewrite(name, (list) => {
            const a = first % list.length;
            const b = second % list.length;
            const [one, two] = [list[a], list[b]];
            if (one === undefined || two === undefined) return list;
            changed = a !== b || kind === 'drop' || kind === 'duplicate';
            if (kind === 'drop') return list.toSpliced(a, 1);
            if (kind === 'duplicate') return list.toSpliced(a, 0, one);
            if (kind === 'exchange') return list.with(a, two).with(b, one);
            if (kind === 'replace') return list.with(a, two);
            return list.toSpliced(a, 1).toSpliced(b, 0, one);
          });
        });
        expect(problem === undefined).toBe(!changed);
      }),
      { numRuns: 300 },
    );
  });

  test('the first, a middle and the last entry missing, and says which kind of fault it is', async () => {
    const names = segments(good);
    const first = names[0] ?? '';
    const last = names.at(-1) ?? '';
    expect(await problemAfter(() => rewrite(first, (list) => list.slice(1)))).toBe('dropped');
    expect(await problemAfter(() => rewrite(first, (list) => list.toSpliced(2, 1)))).toBe('dropped');
    expect(await problemAfter(() => rewrite(last, (list) => list.slice(0, -1)))).toBe('cut');
    expect(
      await problemAfter(() => rewrite(first, (list) => list.toSpliced(2, 0, list[1] ?? Buffer.alloc(0)))),
    ).toBe('duplicated');
  });

  test('any segment missing, or put in the place of another', async () => {
    const names = segments(good);
    for (const name of names) {
      const isLast = name === names.at(-1);
      expect(await problemAfter(() => rmSync(join(bad, name)))).toBe(isLast ? 'cut' : 'dropped');
      const other = names.find((candidate) => candidate !== name) ?? '';
      expect(await problemAfter(() => renameSync(join(bad, name), join(bad, other)))).toBeDefined();
    }
    expect(await problemAfter(() => names.forEach((name) => rmSync(join(bad, name))))).toBe('cut');
  });

  test('the end cut off at any byte', async () => {
    const last = segments(good).at(-1) ?? '';
    const length = readFileSync(join(good, last)).length;
    for (let cut = 1; cut <= length; cut += 7) {
      expect(await problemAfter(() => truncateSync(join(bad, last), length - cut))).toBe('cut');
    }
  });

  test('a missing head, the head of another trail, a whole trail of another key, the wrong key', async () => {
    expect(await problemAfter(() => rmSync(join(bad, 'head')))).toBe('head-missing');
    const foreign = join(base, 'foreign');
    await makeTrail(foreign, otherKey);
    expect(await problemAfter(() => cpSync(join(foreign, 'head'), join(bad, 'head')))).toBe('head-changed');
    const swap = (): void => {
      rmSync(bad, { recursive: true });
      cpSync(foreign, bad, { recursive: true });
    };
    expect(await problemAfter(swap)).toBe('foreign-key');
    expect(await problemAfter(() => undefined, otherKey)).toBe('foreign-key');
    const first = segments(good)[0] ?? '';
    expect(await problemAfter(() => cpSync(join(foreign, first), join(bad, first)))).toBeDefined();
  });

  test('a file that does not belong there', async () => {
    expect(await problemAfter(() => writeFileSync(join(bad, '0000000000000002.segment.bak'), ''))).toBe(
      'unexpected-file',
    );
  });
});

describe('a head that was noted elsewhere', () => {
  const note = (folder: string): string => formatNotedHead(readNotedHead({ folder, key }));
  const kindOf = async (folder: string, noted: string): Promise<string | undefined> =>
    (await verifyTrail({ folder, key, noted: parseNotedHead(noted) })).firstProblem?.kind;

  async function goOn(folder: string, number: number): Promise<void> {
    const trail = await AuditTrail.open({ folder, key });
    const principal = { kind: 'device', id: 'WS', via: 'certificate' };
    trail.seal([{ at: number, verb: 'get', outcome: 'success', principal }]);
    trail.settle(true);
    await trail.close();
  }

  test('shows that the whole folder was put back to an older copy, also when it went on since', async () => {
    const folder = join(base, 'rolled');
    const copy = join(base, 'rolled-copy');
    await makeTrail(folder, key);
    cpSync(folder, copy, { recursive: true });
    const before = note(folder);
    await goOn(folder, 41);
    const after = note(folder);
    expect(after).toMatch(/^41:[0-9a-f]{64}$/);
    expect(await kindOf(folder, before)).toBeUndefined();
    expect(await kindOf(folder, after)).toBeUndefined();
    rmSync(folder, { recursive: true });
    cpSync(copy, folder, { recursive: true });
    // Alone it looks whole.
    expect((await verifyTrail({ folder, key })).firstProblem).toBeUndefined();
    expect(await kindOf(folder, before)).toBeUndefined();
    expect(await kindOf(folder, after)).toBe('rolled-back');
    await goOn(folder, 99);
    await goOn(folder, 100);
    expect((await verifyTrail({ folder, key })).firstProblem).toBeUndefined();
    expect(await kindOf(folder, after)).toBe('rewritten');
  });

  test('of a trail without entries, and of another trail', async () => {
    const folder = join(base, 'empty');
    AuditTrail.create({ folder, key });
    expect(note(folder)).toMatch(/^0:/);
    expect(await kindOf(good, note(folder))).toBeUndefined();
    expect(await kindOf(good, `0:${'0'.repeat(64)}`)).toBe('rewritten');
    expect(await kindOf(good, `1:${'0'.repeat(64)}`)).toBe('rewritten');
  });

  test.each([
    '',
    '7',
    ':',
    '7:',
    '7:12',
    `7:${'g'.repeat(64)}`,
    `-1:${'0'.repeat(64)}`,
    `1e3:${'0'.repeat(64)}`,
  ])('that is none is told: %j', (text) => {
    expect(() => parseNotedHead(text)).toThrow(expect.objectContaining({ code: 'NOTED_HEAD_UNREADABLE' }));
  });
});
