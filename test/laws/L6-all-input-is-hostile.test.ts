import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { constants, deflateRawSync } from 'node:zlib';
import { SOPClassUID, Tag, TransferSyntaxUID, writeDataSet, writePart10Header } from '@leadglass/dicom';
import { type Association, echo, encodePdu, NetworkError, store } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE_AE_TITLE, TestArchive, type TestDevice } from '../support/archive.ts';
import { associateRequestTo } from '../support/associate-request.ts';
import {
  CT_IMAGE_STORAGE,
  CT_STORAGE,
  dataSetOf,
  EXPLICIT_LITTLE_ENDIAN,
  explicitLittleEndian,
  makeInstance,
} from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { answersOf, associate, connectAs, TEST_IMPLEMENTATION } from '../support/tls-client.ts';

const MEGABYTE = 1024 * 1024;
const DEFLATED = TransferSyntaxUID.DeflatedExplicitVRLittleEndian;
const VERIFICATION = [
  { abstractSyntax: SOPClassUID.Verification, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] },
];

/** The limits that have to hold; the server's own constants, or its configuration below. */
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
const ARTIM_MS = 30_000;
const IDLE_TIMEOUT_MS = 3_000;
const HANDSHAKES_MAX = 512;
const WAITING_OF_ONE_DEVICE_MAX = 64;
const ASSOCIATIONS_MAX = 24;
const ASSOCIATIONS_OF_ONE_DEVICE_MAX = ASSOCIATIONS_MAX / 4;
const COMMAND_SET_MAX_BYTES = 64 * 1024;
const NESTING_DEPTH_MAX = 64;
const INFLATED_MAX_BYTES = 512 * MEGABYTE;
/** The server's memory under load, and what the one data set in work may take beside it (`retainedMaxBytes`). */
const PEAK_MAX_BYTES = (400 + 256) * MEGABYTE;
/** A timer fires late on a busy machine. */
const SLACK_MS = 5_000;
/** Another device waits this long for an answer at the most, an attack going on or not. */
const ANSWER_MAX_MS = 3_000;

const scope = new Scope();
let archive: TestArchive;
let attacker: TestDevice;
let other: TestDevice;
let watch: Watch;

/** Another device that goes on asking, and how long it had to wait. */
class Watch {
  worstMs = 0;
  answers = 0;
  readonly failures: string[] = [];
  #isOn = true;
  readonly #done: Promise<void>;

  constructor() {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (this.#isOn) {
      const start = performance.now();
      try {
        const association = await associate(other, archive.port, VERIFICATION);
        await echo(association);
        await association.release();
        this.answers++;
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
      this.worstMs = Math.max(this.worstMs, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

beforeAll(async () => {
  archive = await TestArchive.create(scope, {
    config: `[dimse]\nassociationsMax = ${ASSOCIATIONS_MAX}\nidleTimeoutSeconds = ${IDLE_TIMEOUT_MS / 1000}`,
  });
  attacker = await archive.addDevice('ATTACKER', 'echo,store');
  other = await archive.addDevice('OTHER', 'echo,store');
  await archive.start();
  archive.resetMemoryPeak();
  watch = new Watch();
});
afterAll(() => scope.close());

const requestPdu = (): Buffer =>
  encodePdu(associateRequestTo('ATTACKER', ARCHIVE_AE_TITLE, [SOPClassUID.Verification]));

/** A P-DATA-TF with one fragment of a command set, not the last one (PS3.8 9.3.5). */
function commandFragment(bytes: Uint8Array): Buffer {
  const header = Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  header.writeUInt32BE(bytes.length + 6, 2);
  header.writeUInt32BE(bytes.length + 2, 6);
  return Buffer.concat([header, bytes]);
}

/** How long the peer kept the connection, from now. */
async function endOf(socket: Socket): Promise<number> {
  const start = performance.now();
  socket.on('error', () => undefined);
  socket.resume();
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return performance.now() - start;
}

/** One byte after the other, until nobody takes them any more. */
function trickle(socket: Socket, bytes: Uint8Array): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, 150);
  socket.once('close', () => clearInterval(timer));
}

function silentConnection(): Socket {
  const socket = connect({ host: '127.0.0.1', port: archive.port });
  socket.on('error', () => undefined);
  return socket;
}

async function handshaken(): Promise<TLSSocket> {
  const socket = connectAs(attacker, archive.port);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('secureConnect', () => resolve()));
  return socket;
}

/** In an association, by hand. */
async function associated(): Promise<TLSSocket> {
  const socket = await handshaken();
  const answer = new Promise<Buffer>((resolve) => socket.once('data', resolve));
  socket.write(requestPdu());
  expect((await answer)[0]).toBe(0x02);
  return socket;
}

describe('L6: all input is hostile', () => {
  test(
    'slow and half-said requests end at their timeouts (PS3.8 9.1.5)',
    async () => {
      const request = requestPdu();
      const announced = Buffer.from([1, 0, 0, 3, 0, 0]);
      const silent = silentConnection();
      const [noRequest, slowRequest, halfRequest, noBody] = await Promise.all([
        handshaken(),
        handshaken(),
        handshaken(),
        handshaken(),
      ]);
      trickle(slowRequest, request);
      halfRequest.write(request.subarray(0, request.length / 2));
      noBody.write(announced);
      const artim = Promise.all([noRequest, slowRequest, halfRequest, noBody].map(endOf));
      const handshake = endOf(silent);
      // Within an association the idle timeout counts whole PDUs: bytes that trickle in are not one.
      const [quiet, half, slow] = await Promise.all([associated(), associated(), associated()]);
      half.write(commandFragment(new Uint8Array(1000)).subarray(0, 500));
      trickle(slow, commandFragment(new Uint8Array(1000)));
      const idle = await Promise.all([quiet, half, slow].map(endOf));
      for (const ms of idle) expect(ms).toBeLessThan(IDLE_TIMEOUT_MS + SLACK_MS);
      expect(await handshake).toBeLessThan(TLS_HANDSHAKE_TIMEOUT_MS + SLACK_MS);
      for (const ms of await artim) expect(ms).toBeLessThan(ARTIM_MS + SLACK_MS);
    },
    ARTIM_MS + 3 * SLACK_MS,
  );

  test('a command set without end is cut off at 64 KiB', async () => {
    const socket = await associated();
    const gone = endOf(socket);
    const fragment = commandFragment(new Uint8Array(4096));
    let sent = 0;
    while (!socket.destroyed && sent < MEGABYTE) {
      if (!socket.write(fragment)) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setImmediate(resolve));
      sent += 4096;
    }
    expect(await gone).toBeLessThan(IDLE_TIMEOUT_MS);
    expect(sent).toBeGreaterThanOrEqual(COMMAND_SET_MAX_BYTES);
  });

  test('a header without end is refused at 16 MiB, its association goes on', async () => {
    const dataSet = endlessHeader();
    const association = await associate(attacker, archive.port, CT_STORAGE);
    const { status, command } = await store(association, { ...named('2.25.666.1'), dataSet });
    expect(`${status.toString(16)} ${command.errorComment}`).toMatch(/^c00/);
    await expectStored(association, '2.25.666.2');
    await association.release();
  });

  test.each([
    ['a value of 4 GB that is not there', () => withElement('OW', 0xffff_fffe)],
    ['a value in the middle of the header that is longer than all', () => hugePatientID()],
    ['sequences nested beyond 64 levels', () => nested(NESTING_DEPTH_MAX + 1)],
    ['sequences nested a hundred thousand levels deep', () => nested(100_000)],
    ['items without end and without content', () => manyItems(1_200_000)],
  ])('%s: refused, its association goes on', async (_name, make) => {
    const dataSet = make();
    const association = await associate(attacker, archive.port, CT_STORAGE);
    const { status } = await store(association, { ...named('2.25.666.1'), dataSet });
    expect(status >> 12).toBe(0xc);
    await expectStored(association, `2.25.666.3.${nextUID++}`);
    await association.release();
  });

  test('a deflate bomb is refused at 512 MiB inflated', async () => {
    // Made before: an association in which nothing happens is ended, and this takes seconds.
    const dataSet = bomb();
    const contexts = [{ abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [DEFLATED] }, ...CT_STORAGE];
    const association = await associate(attacker, archive.port, contexts);
    expect(dataSet.length).toBeLessThan(MEGABYTE);
    const { status } = await store(association, {
      ...named('2.25.666.1'),
      transferSyntaxUID: DEFLATED,
      dataSet,
    });
    expect(status >> 12).toBe(0xc);
    await expectStored(association, '2.25.666.4');
    await association.release();
  }, 60_000);

  test('connections above the caps are closed, and others still get in', async () => {
    const strangers = Array.from({ length: HANDSHAKES_MAX + 100 }, silentConnection);
    const waiting = await Promise.all(Array.from({ length: WAITING_OF_ONE_DEVICE_MAX + 10 }, handshaken));
    const before = watch.answers;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(watch.answers).toBeGreaterThan(before);
    expect(strangers.filter((socket) => socket.closed).length).toBeGreaterThanOrEqual(100);
    expect(waiting.filter((socket) => socket.closed)).toHaveLength(10);
    for (const socket of [...strangers, ...waiting]) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const opened: Association[] = [];
    for (let count = 0; count < ASSOCIATIONS_OF_ONE_DEVICE_MAX; count++)
      opened.push(await associate(attacker, archive.port, VERIFICATION));
    await expect(associate(attacker, archive.port, VERIFICATION)).rejects.toThrow(NetworkError);
    await Promise.all(opened.map((association) => association.release()));
  });

  test.each([
    ['escape sequences of a terminal', '\x1b[2J\x1b[31mOK'],
    ['lines of its own', 'X\r\nready https='],
    ['a path', '../../../etc'],
    ['nothing but spaces', ' '.repeat(16)],
    ['the name of a method', '__proto__'],
  ])('an AE title of %s is rejected, and said to nobody as it came', async (_name, title) => {
    const bytes = Buffer.from(requestPdu());
    Buffer.from(title.padEnd(16)).copy(bytes, 26, 0, 16);
    const socket = await handshaken();
    const answer = await answersOf(socket, bytes);
    // Rejected permanently, as calling AE title not recognized; or no AE title at all: aborted.
    expect([0x03, 0x07]).toContain(answer[0]);
    const shown = await archive.command('trail', 'verify');
    expect(printable(shown.output)).toBe(true);
    expect(printable(archive.said)).toBe(true);
  });

  test('hostile file names and UIDs lead nowhere', async () => {
    const folder = scope.folder('hostile');
    const header = writePart10Header({
      ...named('2.25.666.5'),
      ...TEST_IMPLEMENTATION,
    });
    const file = Buffer.concat([header, instance('2.25.666.5')]);
    for (const name of [
      '\x1b[31mred\x1b[0m.dcm',
      'two\nlines',
      '--help',
      '$(touch x)',
      '%2e%2e%2f',
      '\u202egpj.exe',
    ])
      writeFileSync(join(folder, name), file);
    writeFileSync(join(folder, '\x1b]0;title\x07'), 'no DICOM at all');
    mkdirSync(join(folder, 'DICOMDIR'));
    const imported = await archive.command('import', folder);
    expect(printable(imported.output)).toBe(true);
    const association = await associate(attacker, archive.port, CT_STORAGE);
    for (const uid of ['../../../../tmp/x', '2.25.1\\..\\..', '1'.repeat(65), '2.25.00.1\x1b[2J']) {
      const { status } = await store(association, { ...named(uid), dataSet: instance(uid) });
      expect(status).not.toBe(0);
    }
    await expectStored(association, '2.25.666.6');
    await association.release();
  });

  test('all the while others were answered, memory stayed bounded, and nothing is broken', async () => {
    await watch.stop();
    const peak = archive.memoryBytes('VmHWM');
    process.stderr.write(
      `L6: ${watch.answers} answers to others, ${Math.round(watch.worstMs)} ms at the longest; ` +
        `${Math.round(peak / MEGABYTE)} MB at the highest\n`,
    );
    expect(watch.failures).toEqual([]);
    expect(watch.worstMs).toBeLessThan(ANSWER_MAX_MS);
    expect(peak).toBeLessThan(PEAK_MAX_BYTES);
    expect(archive.said.trim().split('\n')).toHaveLength(1);
    expect(await archive.stop()).toBe(0);
    expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
    expect((await archive.command('verify')).code).toBe(0);
  });
});

let nextUID = 1;

/** Nothing that a terminal would act upon: no control characters but line ends, none that turn the direction. */
function printable(text: string): boolean {
  return !/[^\n\x20-\x7e\u00a0-\u200d\u2010-\u2027\u2030-\u2065\u2070-\uffff]/u.test(text);
}

function named(sopInstanceUID: string) {
  return { sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN };
}

function instance(sopInstanceUID: string, more: readonly (readonly [number, string])[] = []): Uint8Array {
  return makeInstance({
    sopInstanceUID,
    studyInstanceUID: '2.25.666',
    seriesInstanceUID: '2.25.666.0',
    more,
  });
}

async function expectStored(association: Association, sopInstanceUID: string): Promise<void> {
  const { status } = await store(association, {
    ...named(sopInstanceUID),
    dataSet: instance(sopInstanceUID),
  });
  expect(status).toBe(0);
}

/** An element of explicit VR with a 32-bit length (PS3.5 7.1.2), Pixel Data unless said otherwise. */
function elementHeader(vr: string, length: number, tag: number = Tag.PixelData): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt32LE(length >>> 0, 8);
  return header;
}

function withElement(vr: string, length: number): Uint8Array {
  return Buffer.concat([instance('2.25.666.1'), elementHeader(vr, length), new Uint8Array(1000)]);
}

function hugePatientID(): Uint8Array {
  const bytes = Buffer.from(instance('2.25.666.1'));
  bytes.writeUInt16LE(0xfffe, bytes.indexOf('TEST-1') - 2);
  return bytes;
}

/** Content Sequence in Content Sequence, each of undefined length and never closed. */
function nested(levels: number): Uint8Array {
  const sequence = elementHeader('SQ', 0xffff_ffff, Tag.ContentSequence);
  const item = Buffer.from('feff00e0ffffffff', 'hex');
  const level = Buffer.concat([sequence, item]);
  return Buffer.concat([instance('2.25.666.1'), ...Array<Buffer>(levels).fill(level)]);
}

function manyItems(count: number): Uint8Array {
  const item = Buffer.from('feff00e000000000', 'hex');
  const sequence = elementHeader('SQ', 0xffff_ffff, Tag.ContentSequence);
  return Buffer.concat([instance('2.25.666.1'), sequence, Buffer.alloc(item.length * count, item)]);
}

/** Elements in order, and none of them the one that says which study this is. */
async function* endlessHeader(): AsyncGenerator<Uint8Array> {
  const dataSet = dataSetOf({
    sopInstanceUID: '2.25.666.1',
    studyInstanceUID: '2.25.666',
    seriesInstanceUID: '2.25.666.0',
  });
  dataSet.delete(Tag.StudyInstanceUID);
  dataSet.delete(Tag.SeriesInstanceUID);
  yield writeDataSet(dataSet, explicitLittleEndian());
  const value = new Uint8Array(32 * 1024);
  for (let number = 0; number < 1000; number++) {
    yield elementHeader('OB', value.length, 0x00110000 + 0x1000 + number);
    yield await Promise.resolve(value);
  }
}

/** A megabyte at the most that inflates to more than the limit. */
function bomb(): Uint8Array {
  const pixels = INFLATED_MAX_BYTES + 16 * MEGABYTE;
  const whole = Buffer.concat([instance('2.25.666.1'), elementHeader('OW', pixels), Buffer.alloc(pixels)]);
  return deflateRawSync(whole, { level: 9, strategy: constants.Z_RLE });
}
