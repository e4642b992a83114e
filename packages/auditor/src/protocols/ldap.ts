import { ProbeError } from '../transport/index.ts';
import type { AnswerReader } from './answer-reader.ts';
import { ber, berChildren, berInteger, berMessage, berNumber, berText } from './ber.ts';
import type { BerElement } from './ber.ts';

/** LDAPv3 (RFC 4511): an anonymous bind and searches that return nothing or the root DSE. */
const BIND_RESPONSE = 0x61;
const SEARCH_ENTRY = 0x64;
const SEARCH_DONE = 0x65;
const SEARCH_REFERENCE = 0x73;
/** Answers to one search that are read: the questions ask for one entry at most. */
const SEARCH_ANSWERS_MAX = 16;

export const ldapResult = { success: 0, sizeLimitExceeded: 4 } as const;

export function anonymousBind(messageID: number): Buffer {
  return message(messageID, ber(0x60, berInteger(3), berText(''), berText('', 0x80)));
}

/** (objectClass=*) of the root DSE alone, asking for its naming contexts. */
export function rootDSESearch(messageID: number): Buffer {
  return search(messageID, '', 0, berText('objectClass', 0x87), 'namingContexts');
}

/** Below one naming context, by a name that exists nowhere, asking for no attribute (RFC 4511 4.5.1.8, "1.1"). */
export function zeroMatchSearch(messageID: number, base: string, name: string): Buffer {
  return search(messageID, base, 2, ber(0xa3, berText('cn'), berText(name)), '1.1');
}

function search(messageID: number, base: string, scope: number, filter: Buffer, attribute: string): Buffer {
  const SIZE_LIMIT = 1;
  const TIME_LIMIT_SECONDS = 5;
  return message(
    messageID,
    ber(
      0x63,
      berText(base),
      ber(0x0a, Buffer.of(scope)),
      ber(0x0a, Buffer.of(0)),
      berInteger(SIZE_LIMIT),
      berInteger(TIME_LIMIT_SECONDS),
      ber(0x01, Buffer.of(0)),
      filter,
      ber(0x30, berText(attribute)),
    ),
  );
}

const message = (messageID: number, operation: Buffer): Buffer => ber(0x30, berInteger(messageID), operation);

/** The operation inside an LDAPMessage. */
function operationOf(element: BerElement): BerElement {
  const [, operation] = element.tag === 0x30 ? berChildren(element.content) : [];
  if (operation === undefined) throw new ProbeError('PROTOCOL', 'NO_LDAP_MESSAGE');
  return operation;
}

function resultOf(operation: BerElement): number {
  const code = berNumber(berChildren(operation.content)[0]);
  if (code === undefined) throw new ProbeError('PROTOCOL', 'NO_LDAP_RESULT');
  return code;
}

/** Result code of the bind. */
export async function readBind(reader: AnswerReader): Promise<number> {
  const operation = operationOf(await reader.next(berMessage));
  if (operation.tag !== BIND_RESPONSE) throw new ProbeError('PROTOCOL', 'NO_BIND_RESPONSE');
  return resultOf(operation);
}

export interface SearchAnswer {
  readonly result: number;
  readonly entries: number;
  /** Values of the attributes that were asked for; of the root DSE, names of naming contexts. */
  readonly values: readonly string[];
}

export async function readSearch(reader: AnswerReader): Promise<SearchAnswer> {
  let entries = 0;
  const values: string[] = [];
  for (let answers = 0; answers < SEARCH_ANSWERS_MAX; answers++) {
    const operation = operationOf(await reader.next(berMessage));
    if (operation.tag === SEARCH_DONE) return { result: resultOf(operation), entries, values };
    if (operation.tag === SEARCH_REFERENCE) continue;
    if (operation.tag !== SEARCH_ENTRY) throw new ProbeError('PROTOCOL', 'NO_SEARCH_RESULT');
    entries++;
    values.push(...attributeValues(operation));
  }
  throw new ProbeError('PROTOCOL', 'TOO_MANY_ENTRIES');
}

function attributeValues(entry: BerElement): string[] {
  const attributes = berChildren(entry.content)[1];
  if (attributes === undefined) return [];
  return berChildren(attributes.content).flatMap((attribute) => {
    const set = berChildren(attribute.content)[1];
    return set === undefined ? [] : berChildren(set.content).map(({ content }) => content.toString('latin1'));
  });
}
