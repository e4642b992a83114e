import { encodePdu } from '@leadglass/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE_AE_TITLE, TestArchive, type TestDevice } from '../support/archive.ts';
import { associateRequestTo } from '../support/associate-request.ts';
import { Scope } from '../support/scope.ts';
import { answersOf, associate, connectAs } from '../support/tls-client.ts';

const VERIFICATION = '1.2.840.10008.1.1';
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
const A_ASSOCIATE_AC = 0x02;
/** Source of an A-ABORT (PS3.8 Table 9-26). */
const Source = { serviceUser: 0, serviceProvider: 2 } as const;
/** Reason/Diag. of PS3.8 Table 9-26. */
const Reason = { notSpecified: 0, unrecognizedPDU: 1, unexpectedPDU: 2, invalidValue: 6 } as const;

const scope = new Scope();
let archive: TestArchive;
let device: TestDevice;

beforeAll(async () => {
  archive = await TestArchive.create(scope);
  device = await archive.addDevice('BROKEN', 'echo,store');
  await archive.start();
});
afterAll(() => scope.close());

const request = (): Buffer => encodePdu(associateRequestTo('BROKEN', ARCHIVE_AE_TITLE, [VERIFICATION]));
const releaseRequest = Buffer.from('05000000000400000000', 'hex');

/** A PDU with any type and any declared length (PS3.8 9.3.1). */
function pdu(type: number, body: Uint8Array, declared = body.length): Buffer {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(declared, 2);
  return Buffer.concat([header, body]);
}

/** A presentation data value item in a P-DATA-TF (PS3.8 9.3.5.1). */
function pdata(
  contextID: number,
  control: number,
  fragment: Uint8Array,
  declared = fragment.length + 2,
): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(declared, 0);
  header[4] = contextID;
  header[5] = control;
  return pdu(0x04, Buffer.concat([header, fragment]));
}

function changed(bytes: Buffer, at: number, value: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  value.copy(copy, at);
  return copy;
}

/** Source and reason of the A-ABORT that is the last PDU of an answer (PS3.8 9.3.8). */
function abortIn(answer: Buffer): { source: number | undefined; reason: number | undefined } {
  const last = answer.subarray(-10);
  expect(last.subarray(0, 6).toString('hex')).toBe('070000000004');
  return { source: last[8], reason: last[9] };
}

describe('Before an association every PDU but A-ASSOCIATE-RQ gets A-ABORT as service user (PS3.8 9.2, AA-1)', () => {
  test.each([
    ['a PDU type that does not exist', () => pdu(0x2a, Buffer.alloc(8))],
    ['P-DATA-TF', () => pdata(1, 3, Buffer.alloc(4))],
    ['A-RELEASE-RQ', () => releaseRequest],
    ['A-ASSOCIATE-AC', () => pdu(0x02, request().subarray(6))],
    ['an A-ASSOCIATE-RQ of 4 GB', () => pdu(0x01, Buffer.alloc(64), 0xffff_fff0)],
    ['an A-ASSOCIATE-RQ without items', () => pdu(0x01, Buffer.alloc(68))],
    ['an item longer than its PDU', () => changed(request(), 76, Buffer.from('ffff', 'hex'))],
    ['an even presentation context ID', () => changed(request(), contextIDPlace(), Buffer.from([2]))],
  ])('%s', async (_name, bytes) => {
    const answer = await answersOf(connectAs(device, archive.port), bytes());
    expect(answer.length).toBe(10);
    expect(abortIn(answer)).toEqual({ source: Source.serviceUser, reason: Reason.notSpecified });
  });
});

function contextIDPlace(): number {
  // The first presentation context item: type 20, reserved, two bytes of length, then its ID.
  const place = request().indexOf(Buffer.from([0x20, 0x00, 0x00]), 74);
  return place + 4;
}

describe('In an association', () => {
  test.each([
    ['a PDU type that does not exist', pdu(0x2a, Buffer.alloc(8)), Reason.unrecognizedPDU],
    ['a second A-ASSOCIATE-RQ', 'request', Reason.unexpectedPDU],
    ['a PDV longer than its PDU', pdata(1, 3, Buffer.alloc(8), 4000), Reason.invalidValue],
    ['a PDV without a header', pdata(1, 3, Buffer.alloc(8), 1), Reason.invalidValue],
    ['a PDV of length zero', pdata(1, 3, Buffer.alloc(8), 0), Reason.invalidValue],
    ['a P-DATA-TF longer than agreed', pdu(0x04, Buffer.alloc(64), 0x7fff_ffff), Reason.invalidValue],
  ] as const)('%s: A-ABORT', async (_name, bytes, reason) => {
    const answer = await talk(bytes === 'request' ? request() : bytes);
    expect(answer[0]).toBe(A_ASSOCIATE_AC);
    expect(abortIn(answer)).toEqual({ source: Source.serviceProvider, reason });
  });

  test.each([
    [
      'a presentation context that was not negotiated',
      pdata(77, 3, Buffer.from('00000000040000000a000000', 'hex')),
    ],
    ['a command set that is noise', pdata(1, 3, Buffer.alloc(64, 0xee))],
    ['a command set without a command', pdata(1, 3, Buffer.from('00000001020000003000', 'hex'))],
    ['a data set where a command is due', pdata(1, 2, Buffer.alloc(64))],
    ['an element that says it has 4 GB', pdata(1, 3, Buffer.from('00000200f0ffffff', 'hex'))],
  ])('%s: A-ABORT', async (_name, bytes) => {
    const answer = await talk(bytes);
    expect(answer[0]).toBe(A_ASSOCIATE_AC);
    abortIn(answer);
  });

  /** Associates by hand, waits for the answer, then says the bytes. */
  async function talk(bytes: Buffer): Promise<Buffer> {
    const socket = connectAs(device, archive.port);
    const accepted = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    socket.write(request());
    const first = await accepted;
    return Buffer.concat([first, await answersOf(socket, bytes)]);
  }
});

test('After all that the archive still answers', async () => {
  const association = await associate(device, archive.port, [
    { abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN] },
  ]);
  await association.release();
  expect(archive.isRunning).toBe(true);
  expect((await archive.verifyTrail()).firstProblem).toBeUndefined();
});
