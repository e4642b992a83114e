import assert from 'node:assert';
import { Command, NO_DATA_SET } from './command.ts';
import type { CommandFields } from './command.ts';
import { DimseError } from './dimse-error.ts';
import { COMMAND_SET_MAX_BYTES, COMMAND_TEXT_MAX_BYTES, TAG_LIST_MAX } from './limits.ts';

type TextKey =
  | 'affectedSOPClassUID'
  | 'requestedSOPClassUID'
  | 'affectedSOPInstanceUID'
  | 'requestedSOPInstanceUID'
  | 'moveDestination'
  | 'errorComment'
  | 'moveOriginatorAETitle';
type TagsKey = 'offendingElement' | 'attributeIdentifierList';
type NumberKey = Exclude<keyof CommandFields, TextKey | TagsKey>;

type ElementRule =
  | { readonly element: number; readonly vr: 'US'; readonly key: NumberKey }
  | { readonly element: number; readonly vr: 'UI' | 'AE' | 'LO'; readonly key: TextKey }
  | { readonly element: number; readonly vr: 'AT'; readonly key: TagsKey };

const GROUP_LENGTH = 0x0000;
const COMMAND_DATA_SET_TYPE = 0x0800;

/**
 * Elements of group 0000 in ascending order (PS3.7 Table E.1-1), without the retired ones of Table E.2-1, the group
 * length and the Command Data Set Type, which the codec writes itself. Retired and unknown elements are passed over.
 */
const elementRules: readonly ElementRule[] = [
  { element: 0x0002, vr: 'UI', key: 'affectedSOPClassUID' },
  { element: 0x0003, vr: 'UI', key: 'requestedSOPClassUID' },
  { element: 0x0100, vr: 'US', key: 'commandField' },
  { element: 0x0110, vr: 'US', key: 'messageID' },
  { element: 0x0120, vr: 'US', key: 'messageIDBeingRespondedTo' },
  { element: 0x0600, vr: 'AE', key: 'moveDestination' },
  { element: 0x0700, vr: 'US', key: 'priority' },
  { element: 0x0900, vr: 'US', key: 'status' },
  { element: 0x0901, vr: 'AT', key: 'offendingElement' },
  { element: 0x0902, vr: 'LO', key: 'errorComment' },
  { element: 0x0903, vr: 'US', key: 'errorID' },
  { element: 0x1000, vr: 'UI', key: 'affectedSOPInstanceUID' },
  { element: 0x1001, vr: 'UI', key: 'requestedSOPInstanceUID' },
  { element: 0x1002, vr: 'US', key: 'eventTypeID' },
  { element: 0x1005, vr: 'AT', key: 'attributeIdentifierList' },
  { element: 0x1008, vr: 'US', key: 'actionTypeID' },
  { element: 0x1020, vr: 'US', key: 'numberOfRemainingSuboperations' },
  { element: 0x1021, vr: 'US', key: 'numberOfCompletedSuboperations' },
  { element: 0x1022, vr: 'US', key: 'numberOfFailedSuboperations' },
  { element: 0x1023, vr: 'US', key: 'numberOfWarningSuboperations' },
  { element: 0x1030, vr: 'AE', key: 'moveOriginatorAETitle' },
  { element: 0x1031, vr: 'US', key: 'moveOriginatorMessageID' },
];

const ruleOf = new Map(elementRules.map((rule) => [rule.element, rule]));

/** The tag of a field, for Offending Element. */
export function commandTag(key: keyof CommandFields): number {
  const rule = elementRules.find((candidate) => candidate.key === key);
  assert(rule !== undefined, 'every field has its element');
  return rule.element;
}

/** Tag (4) and 32-bit length (4) of an element in Implicit VR Little Endian (PS3.5 7.1.3). */
const ELEMENT_HEADER_BYTES = 8;

/**
 * Reads a command set: Implicit VR Little Endian, group 0000 only, ascending (PS3.7 6.3.1). A value that breaks its
 * VR reads as absent and is named in `malformedElements`. Throws DimseError.
 */
export function decodeCommand(bytes: Buffer): Command {
  if (bytes.length > COMMAND_SET_MAX_BYTES) {
    throw new DimseError('COMMAND_SET_TOO_LONG', { declared: bytes.length, limit: COMMAND_SET_MAX_BYTES });
  }
  const command = new Command();
  let at = 0;
  let previous = -1;
  let dataSetType: number | undefined;
  while (at < bytes.length) {
    if (bytes.length - at < ELEMENT_HEADER_BYTES) {
      throw new DimseError('COMMAND_SET_CUT_SHORT', { available: bytes.length - at });
    }
    const group = bytes.readUInt16LE(at);
    const element = bytes.readUInt16LE(at + 2);
    const length = bytes.readUInt32LE(at + 4);
    at += ELEMENT_HEADER_BYTES;
    if (group !== 0) throw new DimseError('COMMAND_GROUP_WRONG', { element });
    if (element <= previous) throw new DimseError('COMMAND_ELEMENTS_OUT_OF_ORDER', { element });
    if (length > bytes.length - at) {
      throw new DimseError('COMMAND_SET_CUT_SHORT', {
        element,
        declared: length,
        available: bytes.length - at,
      });
    }
    previous = element;
    if (element === COMMAND_DATA_SET_TYPE) dataSetType = readUS(bytes, at, length, element);
    else readElement(command, bytes, at, length, element);
    at += length;
  }
  if (command.commandField === 0) throw new DimseError('COMMAND_ELEMENT_MISSING', { element: 0x0100 });
  if (dataSetType === undefined) {
    throw new DimseError('COMMAND_ELEMENT_MISSING', { element: COMMAND_DATA_SET_TYPE });
  }
  command.hasDataSet = dataSetType !== NO_DATA_SET;
  return command;
}

function readUS(bytes: Buffer, at: number, length: number, element: number): number {
  if (length !== 2) throw new DimseError('COMMAND_ELEMENT_LENGTH_WRONG', { element, declared: length });
  return bytes.readUInt16LE(at);
}

function readElement(command: Command, bytes: Buffer, at: number, length: number, element: number): void {
  const rule = element === GROUP_LENGTH ? undefined : ruleOf.get(element);
  // A zero-length element has no value: Type 2 elements and careless products send them.
  if (rule === undefined || length === 0) return;
  if (rule.vr === 'US') {
    command[rule.key] = readUS(bytes, at, length, element);
  } else if (rule.vr === 'AT') {
    command[rule.key] = readTags(bytes, at, length, element);
  } else {
    const text = readText(bytes, at, length, rule.vr);
    if (text === undefined) command.malformedElements = [...command.malformedElements, element];
    else command[rule.key] = text;
  }
}

function readTags(bytes: Buffer, at: number, length: number, element: number): number[] {
  if (length % 4 !== 0 || length > TAG_LIST_MAX * 4) {
    throw new DimseError('COMMAND_ELEMENT_LENGTH_WRONG', { element, declared: length });
  }
  const tags: number[] = [];
  for (let i = at; i < at + length; i += 4) {
    tags.push(bytes.readUInt16LE(i) * 0x10000 + bytes.readUInt16LE(i + 2));
  }
  return tags;
}

/** Text of the repertoire of its VR without padding, or undefined (PS3.5 6.2). */
function readText(bytes: Buffer, at: number, length: number, vr: 'UI' | 'AE' | 'LO'): string | undefined {
  if (length > COMMAND_TEXT_MAX_BYTES) return undefined;
  let end = at + length;
  while (end > at && isPadding(bytes[end - 1])) end--;
  if (vr === 'UI') {
    if (end - at > 64) return undefined;
    for (let i = at; i < end; i++) {
      const code = bytes[i] ?? 0;
      if (code !== 0x2e && (code < 0x30 || code > 0x39)) return undefined;
    }
    return end === at ? undefined : bytes.toString('latin1', at, end);
  }
  const text = bytes.toString('latin1', at, end);
  if (vr === 'LO') return text;
  const title = text.replace(/^ +/, '');
  return /^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(title) ? title : undefined;
}

function isPadding(code: number | undefined): boolean {
  return code === 0 || code === 0x20;
}

function valueLength(rule: ElementRule, fields: CommandFields): number {
  if (rule.vr === 'US') return fields[rule.key] === undefined ? -1 : 2;
  if (rule.vr === 'AT') {
    const tags = fields[rule.key];
    return tags === undefined ? -1 : tags.length * 4;
  }
  const text = fields[rule.key];
  return text === undefined ? -1 : text.length + (text.length & 1);
}

/**
 * The command set with group length and Command Data Set Type, ready to send (PS3.7 6.3.1).
 * @param headroom bytes left free in front, for the headers of its PDU: command and headers are one buffer.
 */
export function encodeCommand(fields: CommandFields, hasDataSet: boolean, headroom = 0): Buffer {
  // Group length and Command Data Set Type: 12 and 10 bytes.
  let length = 22;
  for (const rule of elementRules) {
    const size = valueLength(rule, fields);
    if (size >= 0) length += ELEMENT_HEADER_BYTES + size;
  }
  const bytes = Buffer.allocUnsafe(headroom + length);
  let at = writeHeader(bytes, headroom, GROUP_LENGTH, 4);
  at = bytes.writeUInt32LE(length - 12, at);
  let dataSetTypeWritten = false;
  for (const rule of elementRules) {
    if (!dataSetTypeWritten && rule.element > COMMAND_DATA_SET_TYPE) {
      at = writeDataSetType(bytes, at, hasDataSet);
      dataSetTypeWritten = true;
    }
    const size = valueLength(rule, fields);
    if (size >= 0) at = writeElement(bytes, at, rule, fields, size);
  }
  return bytes;
}

function writeHeader(bytes: Buffer, at: number, element: number, length: number): number {
  bytes.writeUInt16LE(0, at);
  bytes.writeUInt16LE(element, at + 2);
  return bytes.writeUInt32LE(length, at + 4);
}

function writeDataSetType(bytes: Buffer, at: number, hasDataSet: boolean): number {
  return bytes.writeUInt16LE(hasDataSet ? 0 : NO_DATA_SET, writeHeader(bytes, at, COMMAND_DATA_SET_TYPE, 2));
}

function writeElement(
  bytes: Buffer,
  start: number,
  rule: ElementRule,
  fields: CommandFields,
  size: number,
): number {
  let at = writeHeader(bytes, start, rule.element, size);
  if (rule.vr === 'US') return bytes.writeUInt16LE(fields[rule.key] ?? 0, at);
  if (rule.vr === 'AT') {
    for (const tag of fields[rule.key] ?? []) {
      at = bytes.writeUInt16LE(tag >>> 16, at);
      at = bytes.writeUInt16LE(tag & 0xffff, at);
    }
    return at;
  }
  const text = fields[rule.key] ?? '';
  bytes.write(text, at, 'latin1');
  // UI is padded with NUL, text with a space (PS3.5 6.2).
  if (text.length & 1) bytes[at + text.length] = rule.vr === 'UI' ? 0 : 0x20;
  return at + size;
}
