import { parseAETitle } from './ae-title.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { AE_TITLE_BYTES, PRESENTATION_CONTEXTS_MAX, TRANSFER_SYNTAXES_MAX } from './limits.ts';
import { PduError } from './pdu-error.ts';
import { ItemType, PduType, presentationContextResults } from './pdu.ts';
import type {
  AnsweredPresentationContext,
  AssociateAccept,
  AssociateRequest,
  ProposedPresentationContext,
  UserInformation,
} from './pdu.ts';
import { readUserInformation, writeUserInformation } from './user-information.ts';

/** Reserved bytes 43 to 74 of both PDUs. */
const RESERVED_BYTES = 32;

interface AssociateFields<Context> {
  protocolVersion: number;
  calledAETitle: string;
  callingAETitle: string;
  applicationContextName: string;
  presentationContexts: Context[];
  userInformation: UserInformation;
}

/**
 * A-ASSOCIATE-RQ from the bytes after its 6-byte header (PS3.8 Table 9-11):
 *   7-8 protocol version, 9-10 reserved, 11-26 Called-AE-title, 27-42 Calling-AE-title, 43-74 reserved, 75- items.
 * Throws PduError.
 */
export function readAssociateRequest(body: Uint8Array): AssociateRequest {
  const fields = readAssociate(
    body,
    ItemType.presentationContextRQ,
    readProposedContext,
    PduType['A-ASSOCIATE-RQ'],
  );
  const calledAETitle = parseAETitle(fields.calledAETitle);
  const callingAETitle = parseAETitle(fields.callingAETitle);
  if (calledAETitle === undefined || callingAETitle === undefined) throw new PduError('AE_TITLE_INVALID');
  if (fields.presentationContexts.length === 0) {
    throw new PduError('ITEM_MISSING', { itemType: ItemType.presentationContextRQ });
  }
  return { type: 'A-ASSOCIATE-RQ', ...fields, calledAETitle, callingAETitle };
}

/** A-ASSOCIATE-AC from the bytes after its header (PS3.8 Table 9-17). The AE titles are not tested. Throws PduError. */
export function readAssociateAccept(body: Uint8Array): AssociateAccept {
  const fields = readAssociate(
    body,
    ItemType.presentationContextAC,
    readAnsweredContext,
    PduType['A-ASSOCIATE-AC'],
  );
  return {
    type: 'A-ASSOCIATE-AC',
    ...fields,
    calledAETitle: fields.calledAETitle.trim(),
    callingAETitle: fields.callingAETitle.trim(),
  };
}

function readAssociate<Context extends { id: number }>(
  bytes: Uint8Array,
  contextType: number,
  readContext: (body: ByteReader) => Context,
  pduType: number,
): AssociateFields<Context> {
  const reader = new ByteReader(bytes);
  const protocolVersion = reader.u16();
  reader.skip(2);
  const calledAETitle = reader.latin1(AE_TITLE_BYTES);
  const callingAETitle = reader.latin1(AE_TITLE_BYTES);
  reader.skip(RESERVED_BYTES);
  let applicationContextName: string | undefined;
  let userInformation: UserInformation | undefined;
  const contexts = new Map<number, Context>();
  while (reader.remaining > 0) {
    const { type, body } = reader.item();
    if (type === ItemType.applicationContext) {
      if (applicationContextName !== undefined)
        throw new PduError('ITEM_REPEATED', { pduType, itemType: type });
      applicationContextName = body.uid(body.remaining);
    } else if (type === ItemType.userInformation) {
      if (userInformation !== undefined) throw new PduError('ITEM_REPEATED', { pduType, itemType: type });
      userInformation = readUserInformation(body);
    } else if (type === contextType) {
      if (contexts.size >= PRESENTATION_CONTEXTS_MAX) {
        throw new PduError('TOO_MANY_ITEMS', { itemType: type, limit: PRESENTATION_CONTEXTS_MAX });
      }
      const context = readContext(body);
      if (contexts.has(context.id)) throw new PduError('PRESENTATION_CONTEXT_ID_REPEATED', { pduType });
      contexts.set(context.id, context);
    }
    // Items of other types are passed over (PS3.8 9.3.1).
  }
  if (applicationContextName === undefined) {
    throw new PduError('ITEM_MISSING', { pduType, itemType: ItemType.applicationContext });
  }
  if (userInformation === undefined) {
    throw new PduError('ITEM_MISSING', { pduType, itemType: ItemType.userInformation });
  }
  const presentationContexts = [...contexts.values()];
  return {
    protocolVersion,
    calledAETitle,
    callingAETitle,
    applicationContextName,
    presentationContexts,
    userInformation,
  };
}

/** Byte 5 of a presentation context item: odd, 1 to 255 (PS3.8 Table 9-13). */
function readContextID(body: ByteReader): number {
  const id = body.u8();
  if (id % 2 === 0) throw new PduError('PRESENTATION_CONTEXT_ID_INVALID', { declared: id });
  return id;
}

/** Presentation Context item of a request: ID, 3 reserved bytes, one abstract syntax, 1-n transfer syntaxes (PS3.8 9.3.2.2). */
function readProposedContext(body: ByteReader): ProposedPresentationContext {
  const id = readContextID(body);
  body.skip(3);
  let abstractSyntax: string | undefined;
  const transferSyntaxes: string[] = [];
  while (body.remaining > 0) {
    const { type, body: item } = body.item();
    if (type === ItemType.abstractSyntax) {
      if (abstractSyntax !== undefined) throw new PduError('ITEM_REPEATED', { itemType: type });
      abstractSyntax = item.uid(item.remaining);
    } else if (type === ItemType.transferSyntax) {
      if (transferSyntaxes.length >= TRANSFER_SYNTAXES_MAX) {
        throw new PduError('TOO_MANY_ITEMS', { itemType: type, limit: TRANSFER_SYNTAXES_MAX });
      }
      transferSyntaxes.push(item.uid(item.remaining));
    }
  }
  if (abstractSyntax === undefined) throw new PduError('ITEM_MISSING', { itemType: ItemType.abstractSyntax });
  if (transferSyntaxes.length === 0) {
    throw new PduError('ITEM_MISSING', { itemType: ItemType.transferSyntax });
  }
  return { id, abstractSyntax, transferSyntaxes };
}

/**
 * Presentation Context item of an answer: ID, reserved, result, reserved, one transfer syntax (PS3.8 9.3.3.2). The
 * transfer syntax of a refused context is not significant and often absent or empty, so it is not looked at.
 */
function readAnsweredContext(body: ByteReader): AnsweredPresentationContext {
  const id = readContextID(body);
  body.skip(1);
  // A reserved result is no acceptance.
  const result = presentationContextResults[body.u8()] ?? 'no-reason';
  body.skip(1);
  if (result !== 'acceptance') return { id, result };
  let transferSyntax: string | undefined;
  while (body.remaining > 0) {
    const { type, body: item } = body.item();
    if (type !== ItemType.transferSyntax) continue;
    if (transferSyntax !== undefined) throw new PduError('ITEM_REPEATED', { itemType: type });
    transferSyntax = item.uid(item.remaining);
  }
  if (transferSyntax === undefined) throw new PduError('ITEM_MISSING', { itemType: ItemType.transferSyntax });
  return { id, result, transferSyntax };
}

/** Writes an A-ASSOCIATE-RQ or -AC with its header. */
export function writeAssociate(writer: ByteWriter, pdu: AssociateRequest | AssociateAccept): void {
  writer.pdu(PduType[pdu.type], () => {
    writer.u16(pdu.protocolVersion);
    writer.zeros(2);
    writer.padded(pdu.calledAETitle, AE_TITLE_BYTES);
    writer.padded(pdu.callingAETitle, AE_TITLE_BYTES);
    writer.zeros(RESERVED_BYTES);
    writer.item(ItemType.applicationContext, () => writer.latin1(pdu.applicationContextName));
    if (pdu.type === 'A-ASSOCIATE-RQ') {
      for (const context of pdu.presentationContexts) writeProposedContext(writer, context);
    } else {
      for (const context of pdu.presentationContexts) writeAnsweredContext(writer, context);
    }
    writeUserInformation(writer, pdu.userInformation);
  });
}

function writeProposedContext(writer: ByteWriter, context: ProposedPresentationContext): void {
  writer.item(ItemType.presentationContextRQ, () => {
    writer.u8(context.id);
    writer.zeros(3);
    writer.item(ItemType.abstractSyntax, () => writer.latin1(context.abstractSyntax));
    for (const uid of context.transferSyntaxes) {
      writer.item(ItemType.transferSyntax, () => writer.latin1(uid));
    }
  });
}

function writeAnsweredContext(writer: ByteWriter, context: AnsweredPresentationContext): void {
  writer.item(ItemType.presentationContextAC, () => {
    writer.u8(context.id);
    writer.u8(0);
    writer.u8(presentationContextResults.indexOf(context.result));
    writer.u8(0);
    // One transfer syntax item always stands there (PS3.8 Table 9-18); for a refused context its value means nothing.
    writer.item(ItemType.transferSyntax, () => writer.latin1(context.transferSyntax ?? '1.2.840.10008.1.2'));
  });
}
