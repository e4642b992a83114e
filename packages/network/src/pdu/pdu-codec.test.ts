import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyPdu } from '../test-support/arbitraries.ts';
import { cut, readPdus } from '../test-support/read-pdus.ts';
import { associateRequestOf } from '../test-support/scripted-peer.ts';
import { encodePdu } from './pdu-codec.ts';
import { PduError } from './pdu-error.ts';
import type { PduErrorCode } from './pdu-error.ts';
import type { Pdu } from './pdu.ts';

/** Bytes from hexadecimal text with comments behind `;`. */
function wire(text: string): Buffer {
  return Buffer.from(text.replace(/;.*$/gm, '').replace(/\s/g, ''), 'hex');
}

const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const spaces = (count: number): string => '20'.repeat(count);

const associateRequestBytes = wire(`
  01 00 000000d1                     ; A-ASSOCIATE-RQ, reserved, length 209
  0001 0000                          ; protocol version 1, reserved
  ${ascii('LEADGLASS')} ${spaces(7)} ; Called-AE-title
  ${ascii('MODALITY1')} ${spaces(7)} ; Calling-AE-title
  ${'00'.repeat(32)}                 ; reserved
  10 00 0015 ${ascii('1.2.840.10008.3.1.1.1')} ; application context
  20 00 002e 01 000000               ; presentation context 1
  30 00 0011 ${ascii('1.2.840.10008.1.1')} ;   Verification
  40 00 0011 ${ascii('1.2.840.10008.1.2')} ;   Implicit VR Little Endian
  50 00 003e                         ; user information
  51 00 0004 00004000                ;   maximum length 16384
  52 00 0007 ${ascii('1.2.3.4')}     ;   implementation class UID
  53 00 0004 0001 0001               ;   asynchronous operations window
  54 00 000b 0007 ${ascii('1.2.3.9')} 00 01 ; role selection: SCP only
  55 00 0004 ${ascii('TEST')}        ;   implementation version name
  58 00 0008 01 01 0002 ${ascii('ab')} 0000 ; user identity: user name, response requested
`);

const associateRequest: Pdu = {
  type: 'A-ASSOCIATE-RQ',
  protocolVersion: 1,
  calledAETitle: 'LEADGLASS',
  callingAETitle: 'MODALITY1',
  applicationContextName: '1.2.840.10008.3.1.1.1',
  presentationContexts: [
    { id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] },
  ],
  userInformation: {
    maximumLength: 16_384,
    implementationClassUID: '1.2.3.4',
    implementationVersionName: 'TEST',
    asynchronousOperationsWindow: { invoked: 1, performed: 1 },
    roleSelections: [{ sopClassUID: '1.2.3.9', scuRole: false, scpRole: true }],
    extendedNegotiation: [],
    commonExtendedNegotiation: [],
    userIdentity: {
      type: 1,
      positiveResponseRequested: true,
      primaryField: new Uint8Array([0x61, 0x62]),
      secondaryField: new Uint8Array(),
    },
  },
};

describe('the bytes of the PDUs', () => {
  test('A-ASSOCIATE-RQ, PS3.8 Table 9-11', () => {
    expect(encodePdu(associateRequest).toString('hex')).toBe(associateRequestBytes.toString('hex'));
    expect(readPdus([associateRequestBytes])).toEqual([associateRequest]);
  });

  test.each<[string, Pdu, string]>([
    [
      'A-ASSOCIATE-RJ, Table 9-21',
      { type: 'A-ASSOCIATE-RJ', result: 1, source: 1, reason: 7 },
      '03 00 00000004 00 01 01 07',
    ],
    ['A-RELEASE-RQ, Table 9-24', { type: 'A-RELEASE-RQ' }, '05 00 00000004 00000000'],
    ['A-RELEASE-RP, Table 9-25', { type: 'A-RELEASE-RP' }, '06 00 00000004 00000000'],
    ['A-ABORT, Table 9-26', { type: 'A-ABORT', source: 2, reason: 6 }, '07 00 00000004 00 00 02 06'],
    [
      'P-DATA-TF with two PDVs, Table 9-22',
      {
        type: 'P-DATA-TF',
        pdvs: [
          { presentationContextID: 1, isCommand: true, isLast: true, data: new Uint8Array([0xaa, 0xbb]) },
          { presentationContextID: 1, isCommand: false, isLast: false, data: new Uint8Array() },
        ],
      },
      '04 00 0000000e  00000004 01 03 aabb  00000002 01 00',
    ],
  ])('%s', (_title, pdu, text) => {
    expect(encodePdu(pdu).toString('hex')).toBe(wire(text).toString('hex'));
    expect(readPdus([wire(text)])).toEqual([pdu]);
  });

  test('every PDU survives writing and reading, wherever the reads are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyPdu, { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (pdus, places) => {
          const bytes = Buffer.concat(pdus.map((pdu) => encodePdu(pdu)));
          expect(readPdus(cut(bytes, places))).toEqual(pdus);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('read one byte at a time', () => {
    expect(readPdus(cut(associateRequestBytes, [...associateRequestBytes.keys()]))).toEqual([
      associateRequest,
    ]);
  });
});

describe('items this edition does not know are passed over (PS3.8 9.3.1)', () => {
  test('an unknown item and an unknown sub-item', () => {
    const extra = wire('99 00 0002 dead');
    const bytes = Buffer.concat([associateRequestBytes, extra]);
    bytes.writeUInt32BE(bytes.length - 6, 2);
    expect(readPdus([bytes])).toEqual([associateRequest]);
  });

  test('a UID padded to even length with NUL', () => {
    const uid = '1.2.840.10008.1.1';
    const padded = associateRequestOf({
      presentationContexts: [{ id: 1, abstractSyntax: `${uid}\0`, transferSyntaxes: [`${uid}\0`] }],
    });
    const [pdu] = readPdus([encodePdu(padded)]);
    expect(pdu).toMatchObject({ presentationContexts: [{ abstractSyntax: uid, transferSyntaxes: [uid] }] });
  });
});

/** The code a byte stream is refused with. */
function refusal(bytes: Uint8Array, maximumLength?: number): PduErrorCode | undefined {
  try {
    readPdus([bytes], maximumLength);
  } catch (error) {
    if (error instanceof PduError) return error.code;
    throw error;
  }
  return undefined;
}

describe('malformed PDUs are refused', () => {
  const contexts = (ids: number[]): Buffer =>
    encodePdu(
      associateRequestOf({
        presentationContexts: ids.map((id) => ({ id, abstractSyntax: '1.2', transferSyntaxes: ['1.2.3'] })),
      }),
    );
  const withTitles = (called: string, calling: string): Buffer =>
    encodePdu(associateRequestOf({ calledAETitle: called, callingAETitle: calling }));
  const withUserInformation = (hex: string): Buffer => {
    const body = wire(hex);
    const bytes = Buffer.concat([
      associateRequestBytes.subarray(0, 99),
      associateRequestBytes.subarray(99, 149),
      Buffer.from([0x50, 0, body.length >> 8, body.length & 0xff]),
      body,
    ]);
    bytes.writeUInt32BE(bytes.length - 6, 2);
    return bytes;
  };

  test.each<[string, Buffer, PduErrorCode]>([
    ['PDU type 0', wire('00 00 00000004 00000000'), 'UNRECOGNIZED_PDU_TYPE'],
    ['PDU type 8', wire('08 00 00000004 00000000'), 'UNRECOGNIZED_PDU_TYPE'],
    ['a TLS hello on a plain port', wire('16 03 01 02 00 01'), 'UNRECOGNIZED_PDU_TYPE'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'UNRECOGNIZED_PDU_TYPE'],
    ['A-ASSOCIATE-RQ of 2^31 bytes', wire('01 00 80000000'), 'PDU_LENGTH_WRONG'],
    ['A-RELEASE-RQ of 2^31 bytes', wire('05 00 80000000'), 'PDU_LENGTH_WRONG'],
    ['A-ABORT of 3 bytes', wire('07 00 00000003 000000'), 'PDU_LENGTH_WRONG'],
    ['P-DATA-TF without a PDV', wire('04 00 00000000'), 'PDU_LENGTH_WRONG'],
    ['a PDV without its two header bytes', wire('04 00 00000006 00000001 01 03'), 'PDV_LENGTH_WRONG'],
    ['a PDV longer than its PDU', wire('04 00 00000008 00000005 01 03 aabb'), 'PDV_LENGTH_WRONG'],
    ['a PDV of 2^32-1 bytes', wire('04 00 00000008 ffffffff 01 03 aabb'), 'PDV_LENGTH_WRONG'],
    ['bytes between PDVs', wire('04 00 0000000a 00000003 01 03 aa 000000'), 'PDV_LENGTH_WRONG'],
    ['no presentation context', contexts([]), 'ITEM_MISSING'],
    [
      '129 presentation contexts',
      contexts(Array.from({ length: 129 }, (_, i) => (2 * i + 1) % 256)),
      'TOO_MANY_ITEMS',
    ],
    ['a repeated context ID', contexts([1, 3, 1]), 'PRESENTATION_CONTEXT_ID_REPEATED'],
    ['an even context ID', contexts([2]), 'PRESENTATION_CONTEXT_ID_INVALID'],
    ['context ID 0', contexts([0]), 'PRESENTATION_CONTEXT_ID_INVALID'],
    ['a called AE title of spaces', withTitles(' ', 'A'), 'AE_TITLE_INVALID'],
    ['a calling AE title of spaces', withTitles('A', ''), 'AE_TITLE_INVALID'],
    ['an AE title with a backslash', withTitles('A\\B', 'A'), 'AE_TITLE_INVALID'],
    ['an AE title with a control character', withTitles('A\u0001', 'A'), 'AE_TITLE_INVALID'],
    ['an AE title outside ISO 646', withTitles('\u00c4RZTE', 'A'), 'AE_TITLE_INVALID'],
    ['a maximum length of 3 bytes', withUserInformation('51 00 0003 000000'), 'ITEM_CUT_SHORT'],
    ['a maximum length of 5 bytes', withUserInformation('51 00 0005 0000000000'), 'ITEM_LENGTH_WRONG'],
    ['two maximum lengths', withUserInformation('51 00 0004 00000000 51 00 0004 00000000'), 'ITEM_REPEATED'],
    ['a sub-item longer than its item', withUserInformation('52 00 0009 31'), 'ITEM_CUT_SHORT'],
    ['a role selection whose UID runs on', withUserInformation('54 00 0004 0007 31 32'), 'ITEM_CUT_SHORT'],
    ['a UID with letters', withUserInformation('52 00 0003 61 62 63'), 'UID_INVALID'],
    ['a UID of 70 digits', withUserInformation(`52 00 0046 ${'31'.repeat(70)}`), 'UID_INVALID'],
    ['an identity whose field runs on', withUserInformation('58 00 0004 01 00 ffff'), 'ITEM_CUT_SHORT'],
    [
      'a related class list that runs on',
      withUserInformation('57 00 0008 0001 31 0001 31 00ff'),
      'ITEM_CUT_SHORT',
    ],
    ['257 sub-items', withUserInformation('99 00 0000'.repeat(257)), 'TOO_MANY_ITEMS'],
  ])('%s', (_title, bytes, code) => {
    expect(refusal(bytes)).toBe(code);
  });

  test('65 transfer syntaxes in one context', () => {
    const transferSyntaxes = Array.from({ length: 65 }, () => '1.2');
    const request = associateRequestOf({
      presentationContexts: [{ id: 1, abstractSyntax: '1.2', transferSyntaxes }],
    });
    expect(refusal(encodePdu(request))).toBe('TOO_MANY_ITEMS');
  });

  test('a context without transfer syntax or abstract syntax', () => {
    const none = associateRequestOf({
      presentationContexts: [{ id: 1, abstractSyntax: '1.2', transferSyntaxes: [] }],
    });
    expect(refusal(encodePdu(none))).toBe('ITEM_MISSING');
  });

  test('a P-DATA-TF longer than the Maximum Length we offered', () => {
    expect(refusal(wire('04 00 00004001'), 16_384)).toBe('PDU_TOO_LONG');
    expect(refusal(wire('04 00 00004000'), 16_384)).toBeUndefined();
  });

  test('any bytes give PDUs or a PduError', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (bytes, places) => {
          try {
            readPdus(cut(bytes, places));
          } catch (error) {
            expect(error).toBeInstanceOf(PduError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a valid PDU with any bytes changed gives PDUs or a PduError', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(anyPdu, fc.array(change, { minLength: 1, maxLength: 6 }), (pdu, changes) => {
        const bytes = Buffer.from(encodePdu(pdu));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          readPdus([bytes]);
        } catch (error) {
          expect(error).toBeInstanceOf(PduError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
