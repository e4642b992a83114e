import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { SOPClassUID, Tag } from '@leadglass/dicom';
import { type Association, store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive, type TestDevice } from '../support/archive.ts';
import { CT_IMAGE_STORAGE, CT_STORAGE, EXPLICIT_LITTLE_ENDIAN, makeInstance } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { associate } from '../support/tls-client.ts';
import { titleOf } from '../support/tools.ts';

const MEGABYTE = 1024 * 1024;
const ASSOCIATIONS = 8;
const INSTANCE_BYTES = 200 * MEGABYTE;
const PEAK_MAX_BYTES = 400 * MEGABYTE;
const IDLE_ASSOCIATIONS = 500;
const IDLE_MAX_BYTES = 50 * MEGABYTE;
/** Associations opened at the same time, so that handshakes do not run into each other's timeouts. */
const OPENED_AT_ONCE = 20;
const TIMEOUT_MS = 240_000;
/** For what only opening needed to be given back. */
const SETTLE_MS = 3000;

const reason = existsSync('/proc/self/status') ? undefined : 'no /proc here';
const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

// One device may have a quarter of all associations: 600 here.
beforeAll(async () => {
  archive = await TestArchive.create(scope, {
    config: '[dimse]\nassociationsMax = 2400\nidleTimeoutSeconds = 600',
  });
  device = await archive.addDevice('LARGE', 'echo,store');
  await archive.start();
});
afterAll(() => scope.close());

/** A multi-frame image of 200 MB, made while it is sent: header, then the same random megabyte again and again. */
async function* largeInstance(head: Uint8Array, block: Uint8Array): AsyncGenerator<Uint8Array> {
  yield head;
  for (let sent = 0; sent < INSTANCE_BYTES; sent += block.length) yield await Promise.resolve(block);
}

/** Everything up to the value of Pixel Data, whose length (PS3.5 7.1.2) is made to say 200 MB. */
function headOf(sopInstanceUID: string): Uint8Array {
  const pixels = new Uint8Array(2);
  const frames = [[Tag.NumberOfFrames, String(INSTANCE_BYTES / MEGABYTE)]] as const;
  const facts = { sopInstanceUID, studyInstanceUID: '2.25.600', seriesInstanceUID: '2.25.600.0' };
  const whole = makeInstance({ ...facts, pixels, more: frames });
  const head = whole.slice(0, -pixels.length);
  new DataView(head.buffer).setUint32(head.length - 4, INSTANCE_BYTES, true);
  return head;
}

describe.skipIf(reason !== undefined)(titleOf('Memory of the server is bounded', reason), () => {
  test(
    `${ASSOCIATIONS} associations that store 200 MB each: under 400 MB at its highest`,
    async () => {
      const block = randomBytes(MEGABYTE);
      archive.resetMemoryPeak();
      const statuses = await Promise.all(
        Array.from({ length: ASSOCIATIONS }, async (_, index) => {
          const association = await associate(device, archive.port, CT_STORAGE);
          const sopInstanceUID = `2.25.600.${index + 1}`;
          const { status } = await store(association, {
            sopClassUID: CT_IMAGE_STORAGE,
            sopInstanceUID,
            transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
            dataSet: largeInstance(headOf(sopInstanceUID), block),
          });
          await association.release();
          return status;
        }),
      );
      expect(statuses).toEqual(Array(ASSOCIATIONS).fill(0));
      const peak = archive.memoryBytes('VmHWM');
      process.stderr.write(`memory: ${Math.round(peak / MEGABYTE)} MB at its highest\n`);
      expect(peak).toBeLessThan(PEAK_MAX_BYTES);
    },
    TIMEOUT_MS,
  );

  test(
    `${IDLE_ASSOCIATIONS} idle associations add less than 50 MB`,
    async () => {
      // A server that has just started: what an earlier load left in the heap would hide what these add.
      expect(await archive.stop()).toBe(0);
      await archive.start();
      await openIdle(OPENED_AT_ONCE);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const before = archive.memoryBytes('VmRSS');
      const idle = await openIdle(IDLE_ASSOCIATIONS);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const added = archive.memoryBytes('VmRSS') - before;
      expect(idle.filter((association) => association.end !== undefined)).toEqual([]);
      process.stderr.write(
        `memory: ${(added / MEGABYTE).toFixed(1)} MB for ${IDLE_ASSOCIATIONS} associations\n`,
      );
      expect(added).toBeLessThan(IDLE_MAX_BYTES);
      await Promise.all(idle.map((association) => association.release()));
    },
    TIMEOUT_MS,
  );
});

async function openIdle(count: number): Promise<Association[]> {
  const contexts = [{ abstractSyntax: SOPClassUID.Verification, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] }];
  const opened: Association[] = [];
  while (opened.length < count) {
    const batch = Array.from({ length: OPENED_AT_ONCE }, () => associate(device, archive.port, contexts));
    opened.push(...(await Promise.all(batch)));
  }
  return opened;
}
