import { ProbeError } from '../transport/index.ts';
import { framed } from './answer-reader.ts';
import { Fields, bytesOf } from './fields.ts';

/** MongoDB's OP_MSG with a BSON command, and the two fields of its reply that say whether it was allowed. */
const OP_MSG = 2013;
const { u32le } = bytesOf;

type BsonValue = number | string;

export function bsonDocument(fields: Readonly<Record<string, BsonValue>>): Buffer {
  const parts = Object.entries(fields).map(([name, value]) => {
    const key = Buffer.from(`${name}\0`, 'latin1');
    if (typeof value === 'number') return Buffer.concat([Buffer.of(0x10), key, u32le(value)]);
    const text = Buffer.from(`${value}\0`, 'latin1');
    return Buffer.concat([Buffer.of(0x02), key, u32le(text.length), text]);
  });
  const body = Buffer.concat([...parts, Buffer.of(0)]);
  return Buffer.concat([u32le(body.length + 4), body]);
}

export function opMsg(requestID: number, command: Readonly<Record<string, BsonValue>>): Buffer {
  const body = Buffer.concat([u32le(0), Buffer.of(0), bsonDocument(command)]);
  return Buffer.concat([...[16 + body.length, requestID, 0, OP_MSG].map(u32le), body]);
}

export const mongoMessage = framed(16, (header) => header.readUInt32LE(0));

export interface MongoReply {
  readonly isOk: boolean;
  /** 13 Unauthorized, 59 CommandNotFound ... */
  readonly code?: number;
}

/** Bytes of a BSON value whose length its type fixes. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
]);

/** `ok` and `code` of the reply; every other value is passed over. */
export function parseMongoReply(message: Buffer): MongoReply {
  const fields = new Fields(message).skip(12);
  if (fields.u32le() !== OP_MSG) throw new ProbeError('PROTOCOL', 'NO_OP_MSG');
  fields.skip(4 + 1 + 4);
  let ok: number | undefined;
  let code: number | undefined;
  for (let type = fields.u8(); type !== 0; type = fields.u8()) {
    const name = cString(fields);
    const value = bsonValue(fields, type);
    if (name === 'ok') ok = numberOf(type, value);
    if (name === 'code') code = numberOf(type, value);
  }
  if (ok === undefined) throw new ProbeError('PROTOCOL', 'NO_OP_MSG');
  return { isOk: ok === 1, ...(code === undefined ? {} : { code }) };
}

/** Longest field name of a reply, bytes. */
const NAME_MAX_BYTES = 256;

function cString(fields: Fields): string {
  let text = '';
  for (let byte = fields.u8(); byte !== 0; byte = fields.u8()) {
    if (text.length >= NAME_MAX_BYTES) throw new ProbeError('PROTOCOL', 'BSON_NAME');
    text += String.fromCharCode(byte);
  }
  return text;
}

function bsonValue(fields: Fields, type: number): Buffer {
  const fixed = FIXED_BYTES.get(type);
  if (fixed !== undefined) return fields.take(fixed);
  const length = fields.u32le();
  // A document counts its own length; text does not; binary has a subtype besides.
  if (type === 0x03 || type === 0x04) return fields.take(length - 4);
  if (type === 0x02) return fields.take(length);
  if (type === 0x05) return fields.take(length + 1);
  throw new ProbeError('PROTOCOL', 'BSON_TYPE');
}

function numberOf(type: number, value: Buffer): number | undefined {
  if (type === 0x01) return value.readDoubleLE();
  if (type === 0x10) return value.readInt32LE();
  return type === 0x08 ? value[0] : undefined;
}
