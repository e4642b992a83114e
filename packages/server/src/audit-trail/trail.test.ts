import { createHmac, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AuditTrail,
  AuditTrailError,
  readTrail,
  TRAIL_TEXT_LENGTH_MAX,
  verifyTrail,
  type TrailEntry,
} from './index.ts';
import { HmacSha256 } from './sealing.ts';
import { listSegments } from './segment.ts';

const key = new Uint8Array(32).fill(3);
let base: string;
let folder: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'leadglass-trail-'));
  folder = join(base, 'trail');
  AuditTrail.create({ folder, key });
});
afterEach(() => rmSync(base, { recursive: true }));

function entry(number: number): TrailEntry {
  return {
    at: 1_700_000_000_000 + number,
    verb: 'store',
    outcome: 'success',
    principal: { kind: 'device', id: 'CT1', via: 'certificate' },
    subject: { patientID: `P${number}`, sopInstanceUID: `1.2.3.${number}` },
  };
}

function entries(count: number, from = 1): TrailEntry[] {
  return Array.from({ length: count }, (_, index) => entry(from + index));
}

async function readAll(
  options: { from?: number; to?: number } = {},
): Promise<(TrailEntry & { sequence: number })[]> {
  const all: (TrailEntry & { sequence: number })[] = [];
  for await (const item of readTrail({ folder, key, ...options })) all.push(item);
  return all;
}

async function reopen(): Promise<AuditTrail> {
  return await AuditTrail.open({ folder, key });
}

describe('what is recorded', () => {
  test('comes back in order with its number, across segments and restarts, from any place to any place', async () => {
    for (let round = 0; round < 3; round++) {
      const trail = await AuditTrail.open({ folder, key, segmentLengthMax: 2000 });
      for (let batch = 0; batch < 5; batch++) {
        trail.seal(entries(4, round * 20 + batch * 4 + 1));
        trail.settle(true);
      }
      await trail.close();
    }
    expect(listSegments(folder).length).toBeGreaterThan(3);
    expect(await readAll()).toEqual(entries(60).map((item, index) => ({ ...item, sequence: index + 1 })));
    for (const [from, to] of [
      [1, 1],
      [17, 43],
      [60, 60],
      [59, 99],
      [61, 70],
    ] as const) {
      const numbers = (await readAll({ from, to })).map(({ sequence }) => sequence);
      expect(numbers).toEqual(
        entries(60)
          .map((_, index) => index + 1)
          .filter((n) => n >= from && n <= to),
      );
    }
    expect(await verifyTrail({ folder, key })).toEqual({
      entries: 60,
      checkpoint: 60,
      unfinishedTail: false,
    });
  });

  test('cannot be read from the files', async () => {
    const trail = await reopen();
    trail.seal([{ ...entry(1), subject: { patientID: 'CANARY-4711' } }]);
    trail.settle(true);
    await trail.close();
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).includes('CANARY')).toBe(false);
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
  });

  test('is clipped, never left out, whatever a stranger sends', async () => {
    const trail = await reopen();
    const long = 'x'.repeat(1_000_000);
    const detail = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`${index}`, long]));
    trail.seal([
      {
        ...entry(1),
        principal: { kind: long, id: long, via: long },
        reason: long,
        subject: { patientID: long },
        detail,
      },
    ]);
    trail.settle(true);
    await trail.close();
    const [item] = await readAll();
    expect(item?.principal.id).toHaveLength(TRAIL_TEXT_LENGTH_MAX);
    expect(Object.keys(item?.detail ?? {})).toHaveLength(16);
  });

  test('a commit that failed leaves nothing, and its keystream is not used again', async () => {
    const trail = await reopen();
    const [failed] = trail.seal([entry(1)]);
    trail.settle(false);
    const [kept] = trail.seal([entry(1)]);
    trail.settle(true);
    await trail.close();
    expect(await readAll()).toEqual([{ ...entry(1), sequence: 1 }]);
    expect(
      Buffer.from(failed ?? [])
        .subarray(9, 33)
        .equals(Buffer.from(kept ?? []).subarray(9, 33)),
    ).toBe(false);
  });

  test('several seals before one settle are one chain', async () => {
    const trail = await reopen();
    trail.seal(entries(2));
    trail.seal(entries(2, 3));
    expect(trail.head.sequence).toBe(0);
    trail.settle(true);
    expect(trail.head.sequence).toBe(4);
    await trail.close();
    expect((await verifyTrail({ folder, key })).entries).toBe(4);
  });

  test('syncs that overlap with writing vouch for no more than is on the disk', async () => {
    const trail = await AuditTrail.open({ folder, key, segmentLengthMax: 1000 });
    const turns: Promise<number>[] = [];
    for (let number = 1; number <= 200; number++) {
      trail.seal([entry(number)]);
      trail.settle(true);
      if (number % 7 === 0) turns.push(trail.sync());
      if (number % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const numbers = await Promise.all(turns);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    await trail.close();
    expect(await verifyTrail({ folder, key })).toEqual({
      entries: 200,
      checkpoint: 200,
      unfinishedTail: false,
    });
  });
});

describe('after a crash', () => {
  /** The folder as it is when the process dies now: everything written, the head of the last sync. */
  async function crashAfter(synced: number, unsynced: number): Promise<Uint8Array[]> {
    const trail = await reopen();
    const sealed = trail.seal(entries(synced));
    trail.settle(true);
    await trail.sync();
    sealed.push(...trail.seal(entries(unsynced, synced + 1)));
    trail.settle(true);
    cpSync(folder, join(base, 'crashed'), { recursive: true });
    await trail.close();
    rmSync(folder, { recursive: true });
    cpSync(join(base, 'crashed'), folder, { recursive: true });
    rmSync(join(base, 'crashed'), { recursive: true });
    return sealed;
  }

  test('a tail torn at any byte is cut, and the packs give back what it held', async () => {
    const sealed = await crashAfter(3, 4);
    const name = listSegments(folder)[0]?.name ?? '';
    const whole = readFileSync(join(folder, name));
    const head = readFileSync(join(folder, 'head'));
    const recordLength = (sealed[0]?.length ?? 0) + 4;
    const checkpointAt = 48 + 3 * recordLength;
    for (let length = checkpointAt; length <= whole.length; length += 13) {
      writeFileSync(join(folder, name), whole.subarray(0, length));
      writeFileSync(join(folder, 'head'), head);
      const before = await verifyTrail({ folder, key });
      expect(before.firstProblem).toBeUndefined();
      const trail = await reopen();
      const kept = trail.head.sequence;
      expect(kept).toBe(3 + Math.floor((length - checkpointAt) / recordLength));
      expect(sealed.map((record) => trail.replay(record))).toEqual(
        sealed.map((_, index) => index + 1 > kept),
      );
      trail.seal([entry(8)]);
      trail.settle(true);
      await trail.close();
      expect(await verifyTrail({ folder, key })).toEqual({
        entries: 8,
        checkpoint: 8,
        unfinishedTail: false,
      });
      expect(await readAll()).toEqual(entries(8).map((item, index) => ({ ...item, sequence: index + 1 })));
    }
  });

  test('garbage after the checkpoint is cut and counted', async () => {
    await crashAfter(3, 0);
    appendFileSync(join(folder, listSegments(folder)[0]?.name ?? ''), Buffer.alloc(5000, 7));
    const trail = await reopen();
    expect(trail.recovery).toEqual({ cutBytes: 5000, droppedSegments: 0 });
    expect(trail.head.sequence).toBe(3);
    await trail.close();
    expect((await verifyTrail({ folder, key })).firstProblem).toBeUndefined();
  });

  test('zeros ahead of entries that never came are taken away, and are no loss', async () => {
    await crashAfter(3, 0);
    const name = join(folder, listSegments(folder)[0]?.name ?? '');
    const { size } = statSync(name);
    appendFileSync(name, Buffer.alloc(70_000));
    expect(await verifyTrail({ folder, key })).toEqual({ entries: 3, checkpoint: 3, unfinishedTail: false });
    const trail = await reopen();
    expect(trail.recovery).toEqual({ cutBytes: 0, droppedSegments: 0 });
    expect(statSync(name).size).toBe(size);
    await trail.close();
  });

  test('an entry that is kept at once and torn in the zeros ahead of it is cut', async () => {
    const trail = await AuditTrail.open({ folder, key });
    trail.keepNow(entries(3));
    await trail.sync();
    trail.keepNow(entries(1, 4));
    const name = join(folder, listSegments(folder)[0]?.name ?? '');
    const [whole, head] = [readFileSync(name), readFileSync(join(folder, 'head'))];
    await trail.close();
    const recordLength = (statSync(name).size - 48) / 4;
    expect(whole.length).toBeGreaterThan(statSync(name).size);
    const start = 48 + 3 * recordLength;
    for (let kept = 0; kept <= recordLength; kept += 7) {
      const torn = Buffer.from(whole);
      torn.fill(0, start + kept, start + recordLength);
      writeFileSync(name, torn);
      writeFileSync(join(folder, 'head'), head);
      expect((await verifyTrail({ folder, key })).firstProblem).toBeUndefined();
      const after = await AuditTrail.open({ folder, key });
      expect(after.head.sequence).toBe(3);
      after.keepNow(entries(1, 4));
      await after.close();
      expect(await verifyTrail({ folder, key })).toEqual({
        entries: 4,
        checkpoint: 4,
        unfinishedTail: false,
      });
    }
  });

  test('a cut before the checkpoint is no crash: refused, and nothing is changed', async () => {
    await crashAfter(3, 2);
    const name = join(folder, listSegments(folder)[0]?.name ?? '');
    truncateSync(name, 200);
    await expect(reopen()).rejects.toThrow(expect.objectContaining({ code: 'DAMAGED' }));
    expect(statSync(name).size).toBe(200);
  });

  test('replay refuses a gap, a foreign entry and a changed one', async () => {
    const sealed = await crashAfter(2, 0);
    const trail = await reopen();
    const [third, fourth] = trail.seal(entries(2, 3));
    trail.settle(false);
    if (third === undefined || fourth === undefined) throw new Error('two entries');
    expect(() => trail.replay(fourth)).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER' }));
    const changed = Uint8Array.from(third);
    changed[40] = (changed[40] ?? 0) ^ 1;
    expect(() => trail.replay(changed)).toThrow(expect.objectContaining({ code: 'FOREIGN' }));
    expect(() => trail.replay(new Uint8Array(10))).toThrow(AuditTrailError);
    expect(trail.replay(third)).toBe(true);
    expect(trail.replay(third)).toBe(false);
    expect(trail.replay(sealed[0] ?? new Uint8Array())).toBe(false);
    expect(trail.replay(fourth)).toBe(true);
    await trail.close();
  });
});

describe('entries kept at once', () => {
  test('are on the disk without a checkpoint, over many segments and between those of commits', async () => {
    const trail = await AuditTrail.open({ folder, key, segmentLengthMax: 1000 });
    for (let number = 1; number <= 40; number += 2) {
      trail.keepNow([entry(number)]);
      trail.seal([entry(number + 1)]);
      trail.settle(true);
    }
    const copy = join(base, 'copy');
    cpSync(folder, copy, { recursive: true });
    await trail.close();
    const recovered = await AuditTrail.open({ folder: copy, key });
    expect(recovered.head.sequence).toBe(40);
    expect(recovered.recovery).toEqual({ cutBytes: 0, droppedSegments: 0 });
    await recovered.close();
    expect(await readAll()).toEqual(entries(40).map((item, index) => ({ ...item, sequence: index + 1 })));
  });

  test('wait for what was sealed before to be settled', async () => {
    const trail = await AuditTrail.open({ folder, key });
    trail.seal([entry(1)]);
    expect(() => trail.keepNow([entry(2)])).toThrow(expect.objectContaining({ code: 'OUT_OF_ORDER' }));
    trail.settle(false);
    trail.keepNow([entry(1)]);
    expect(trail.head.sequence).toBe(1);
    await trail.close();
  });

  test('that cannot be written are as if never sealed', async () => {
    const trail = await AuditTrail.open({ folder, key });
    const [segment] = [join(folder, '0000000000000001.segment')];
    mkdirSync(segment);
    expect(() => trail.keepNow([entry(1)])).toThrow(expect.objectContaining({ code: 'CANNOT_WRITE' }));
    rmSync(segment, { recursive: true });
    trail.keepNow([entry(2)]);
    await trail.close();
    expect(await readAll()).toEqual([{ ...entry(2), sequence: 1 }]);
  });
});

test('a trail that was removed is not begun anew in silence', async () => {
  rmSync(folder, { recursive: true });
  await expect(reopen()).rejects.toThrow(expect.objectContaining({ code: 'HEAD_MISSING' }));
  AuditTrail.create({ folder, key });
  expect(() => AuditTrail.create({ folder, key })).toThrow(
    expect.objectContaining({ code: 'ALREADY_EXISTS' }),
  );
  await expect(AuditTrail.open({ folder, key: randomBytes(32) })).rejects.toThrow(
    expect.objectContaining({ code: 'HEAD_UNREADABLE' }),
  );
});

test('the hash is HMAC-SHA-256 as RFC 2104 defines it', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 9000 }),
      (hmacKey, prefix, message) => {
        const expected = createHmac('sha256', hmacKey).update(prefix).update(message).digest();
        expect(new HmacSha256(hmacKey).digest(prefix, message).equals(expected)).toBe(true);
      },
    ),
  );
});
