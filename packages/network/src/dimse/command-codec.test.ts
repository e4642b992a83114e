import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandTag, decodeCommand, encodeCommand } from './command-codec.ts';
import { Command, CommandField, requestRules } from './command.ts';
import type { CommandFields } from './command.ts';
import { DimseError } from './dimse-error.ts';
import type { DimseErrorCode } from './dimse-error.ts';

function wire(text: string): Buffer {
  return Buffer.from(text.replace(/;.*$/gm, '').replace(/\s/g, ''), 'hex');
}

const echoRequest = wire(`
  0000 0000 04000000 38000000            ; (0000,0000) group length 56
  0000 0200 12000000 312e322e3834302e31303030382e312e3100 ; (0000,0002) Affected SOP Class UID, padded with NUL
  0000 0001 02000000 3000                ; (0000,0100) Command Field C-ECHO-RQ
  0000 1001 02000000 0700                ; (0000,0110) Message ID 7
  0000 0008 02000000 0101                ; (0000,0800) no data set
`);

test('C-ECHO-RQ, PS3.7 Table 9.3-12', () => {
  const fields = {
    commandField: CommandField['C-ECHO-RQ'],
    affectedSOPClassUID: '1.2.840.10008.1.1',
    messageID: 7,
  };
  expect(encodeCommand(fields, false).toString('hex')).toBe(echoRequest.toString('hex'));
  const command = decodeCommand(echoRequest);
  expect(command).toMatchObject({ ...fields, hasDataSet: false });
  expect([command.name, command.isRequest]).toEqual(['C-ECHO-RQ', true]);
});

const u16 = fc.integer({ min: 0, max: 0xffff });
const uid = fc.stringMatching(/^[0-9][0-9.]{0,62}[0-9]$/);
const aeTitle = fc.stringMatching(/^[A-Z0-9_]([A-Z0-9_ ]{0,14}[A-Z0-9_])?$/);
const comment = fc.stringMatching(/^[!-Z]([ -Z]{0,62}[!-Z])?$/);
const tags = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 5 });
const fieldsArbitrary: fc.Arbitrary<CommandFields> = fc.record(
  {
    commandField: fc.constantFrom(...Object.values(CommandField)),
    affectedSOPClassUID: uid,
    requestedSOPClassUID: uid,
    messageID: u16,
    messageIDBeingRespondedTo: u16,
    moveDestination: aeTitle,
    priority: u16,
    status: u16,
    offendingElement: tags,
    errorComment: comment,
    errorID: u16,
    affectedSOPInstanceUID: uid,
    requestedSOPInstanceUID: uid,
    eventTypeID: u16,
    attributeIdentifierList: tags,
    actionTypeID: u16,
    numberOfRemainingSuboperations: u16,
    numberOfCompletedSuboperations: u16,
    numberOfFailedSuboperations: u16,
    numberOfWarningSuboperations: u16,
    moveOriginatorAETitle: aeTitle,
    moveOriginatorMessageID: u16,
  },
  { requiredKeys: ['commandField'] },
);

test('every command survives writing and reading', () => {
  fc.assert(
    fc.property(fieldsArbitrary, fc.boolean(), (fields, hasDataSet) => {
      const decoded = decodeCommand(encodeCommand(fields, hasDataSet));
      expect(decoded).toEqual(Object.assign(new Command(), fields, { hasDataSet }));
    }),
    { numRuns: 300 },
  );
});

test('any bytes give a command or a DimseError', () => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fieldsArbitrary, fc.array(change, { maxLength: 6 }), fc.nat(), (fields, changes, length) => {
      const bytes = encodeCommand(fields, false);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      try {
        decodeCommand(bytes.subarray(0, bytes.length - (length % 9)));
      } catch (error) {
        expect(error).toBeInstanceOf(DimseError);
      }
    }),
    { numRuns: 500 },
  );
});

const element = (tag: string, value: string): string => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length / 2);
  return `${tag}${length.toString('hex')}${value}`;
};
const COMMAND_FIELD = element('00000001', '3000');
const NO_DATA_SET = element('00000008', '0101');

describe('malformed command sets (PS3.7 6.3.1)', () => {
  test.each<[string, string, DimseErrorCode]>([
    ['no Command Field', NO_DATA_SET, 'COMMAND_ELEMENT_MISSING'],
    ['no Command Data Set Type', COMMAND_FIELD, 'COMMAND_ELEMENT_MISSING'],
    ['empty', '', 'COMMAND_ELEMENT_MISSING'],
    ['cut in a header', `${COMMAND_FIELD}0000`, 'COMMAND_SET_CUT_SHORT'],
    ['a value of 2^32-1 bytes', `${COMMAND_FIELD}00000008ffffffff0101`, 'COMMAND_SET_CUT_SHORT'],
    ['an element of group 0008', element('08000001', '3000'), 'COMMAND_GROUP_WRONG'],
    ['descending elements', NO_DATA_SET + COMMAND_FIELD, 'COMMAND_ELEMENTS_OUT_OF_ORDER'],
    ['a repeated element', COMMAND_FIELD + COMMAND_FIELD, 'COMMAND_ELEMENTS_OUT_OF_ORDER'],
    ['a Command Field of 4 bytes', element('00000001', '30000000'), 'COMMAND_ELEMENT_LENGTH_WRONG'],
    ['an Offending Element of 6 bytes', element('00000109', '000000000000'), 'COMMAND_ELEMENT_LENGTH_WRONG'],
  ])('%s', (_title, hex, code) => {
    expect(() => decodeCommand(wire(hex))).toThrow(expect.objectContaining({ code }));
  });

  test('a UID with letters and an AE title with a control character read as absent', () => {
    const command = decodeCommand(
      wire(element('00000200', '312e6162') + COMMAND_FIELD + element('00000006', '41420102') + NO_DATA_SET),
    );
    expect([command.affectedSOPClassUID, command.moveDestination]).toEqual([undefined, undefined]);
    expect(command.malformedElements).toEqual([0x0002, 0x0600]);
  });

  test('retired and unknown elements are passed over', () => {
    const command = decodeCommand(wire(COMMAND_FIELD + element('00000002', '4142') + NO_DATA_SET));
    expect(command.commandField).toBe(0x30);
  });
});

const standardFile = new URL('../../../../../shared/standard/ps3.7-status-codes.json', import.meta.url);
const hasStandard = existsSync(standardFile);

test.skipIf(!hasStandard)(
  `elements, Command Fields and data set rules agree with the Standard's tables${hasStandard ? '' : ' (skipped: ../shared/standard is absent)'}`,
  () => {
    const standard = JSON.parse(readFileSync(standardFile, 'utf8')) as {
      commandElements: { tag: string; keyword: string; retired: boolean }[];
      commandFieldValues: { value: string; message: string }[];
      messages: { message: string; commandField: string; dataSet: string }[];
    };
    expect(
      Object.fromEntries(
        standard.commandFieldValues.map(({ value, message }) => [message, parseInt(value, 16)]),
      ),
    ).toEqual(CommandField);
    const ours = { MoveOriginatorApplicationEntityTitle: 'moveOriginatorAETitle' } as Record<string, string>;
    const writtenByCodec = new Set(['CommandGroupLength', 'CommandDataSetType']);
    for (const { tag, keyword, retired } of standard.commandElements) {
      if (retired || writtenByCodec.has(keyword)) continue;
      const key = ours[keyword] ?? keyword[0]?.toLowerCase() + keyword.slice(1);
      expect([keyword, commandTag(key as keyof CommandFields)]).toEqual([keyword, parseInt(tag, 16)]);
    }
    for (const { message, commandField, dataSet } of standard.messages) {
      if (!message.endsWith('-RQ')) continue;
      expect([message, requestRules.get(parseInt(commandField, 16))?.dataSet]).toEqual([message, dataSet]);
    }
  },
);
