import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  IMPLEMENTATION_VERSION_NAME_MAX_BYTES,
  NEGOTIATION_ITEMS_MAX,
  RELATED_SOP_CLASSES_MAX,
} from './limits.ts';
import { PduError } from './pdu-error.ts';
import { ItemType } from './pdu.ts';
import type {
  CommonExtendedNegotiation,
  ExtendedNegotiation,
  RoleSelection,
  UserIdentity,
  UserInformation,
} from './pdu.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Items that stand once at most. */
const singleItems: ReadonlySet<number> = new Set([
  ItemType.maximumLength,
  ItemType.implementationClassUID,
  ItemType.asynchronousOperationsWindow,
  ItemType.implementationVersionName,
  ItemType.userIdentityRQ,
  ItemType.userIdentityAC,
]);

/**
 * User Information item (PS3.8 9.3.2.3) with the sub-items of PS3.8 D.1 and PS3.7 Annex D.3.3. Unknown sub-items
 * are passed over, as PS3.8 9.3.1 says.
 */
export function readUserInformation(body: ByteReader): UserInformation {
  const roleSelections: RoleSelection[] = [];
  const extendedNegotiation: ExtendedNegotiation[] = [];
  const commonExtendedNegotiation: CommonExtendedNegotiation[] = [];
  const information: Mutable<UserInformation> = {
    roleSelections,
    extendedNegotiation,
    commonExtendedNegotiation,
  };
  const seen = new Set<number>();
  for (let count = 0; body.remaining > 0; count++) {
    if (count >= NEGOTIATION_ITEMS_MAX) {
      throw new PduError('TOO_MANY_ITEMS', {
        itemType: ItemType.userInformation,
        limit: NEGOTIATION_ITEMS_MAX,
      });
    }
    const { type, body: item } = body.item();
    if (singleItems.has(type)) {
      if (seen.has(type)) throw new PduError('ITEM_REPEATED', { itemType: type });
      seen.add(type);
    }
    switch (type) {
      case ItemType.maximumLength:
        information.maximumLength = item.u32();
        break;
      case ItemType.implementationClassUID:
        information.implementationClassUID = item.uid(item.remaining);
        break;
      case ItemType.implementationVersionName:
        information.implementationVersionName = readVersionName(item);
        break;
      case ItemType.asynchronousOperationsWindow:
        information.asynchronousOperationsWindow = { invoked: item.u16(), performed: item.u16() };
        break;
      case ItemType.roleSelection:
        roleSelections.push(readRoleSelection(item));
        break;
      case ItemType.extendedNegotiation:
        extendedNegotiation.push(readExtendedNegotiation(item));
        break;
      case ItemType.commonExtendedNegotiation:
        commonExtendedNegotiation.push(readCommonExtendedNegotiation(item));
        break;
      case ItemType.userIdentityRQ:
        information.userIdentity = readUserIdentity(item);
        break;
      case ItemType.userIdentityAC:
        information.userIdentityResponse = item.bytes(item.u16());
        break;
      default:
        item.skip(item.remaining);
    }
    item.expectEnd();
  }
  return information;
}

/**
 * Implementation Version Name, 1 to 16 characters of ISO 646 (PS3.7 D.3.3.2.3). Some products write longer names
 * or other characters; since nothing depends on it, it is cut and cleaned instead of refused.
 */
function readVersionName(item: ByteReader): string {
  return item
    .latin1(item.remaining)
    .slice(0, IMPLEMENTATION_VERSION_NAME_MAX_BYTES)
    .replace(/[^\x20-\x7e]/g, ' ')
    .trim();
}

/** Bytes 5-6 UID length, UID, SCU role, SCP role (PS3.7 Table D.3-9). */
function readRoleSelection(item: ByteReader): RoleSelection {
  const sopClassUID = item.uid(item.u16());
  return { sopClassUID, scuRole: item.u8() === 1, scpRole: item.u8() === 1 };
}

/** Bytes 5-6 UID length, UID, the rest is service class application information (PS3.7 Table D.3-11). */
function readExtendedNegotiation(item: ByteReader): ExtendedNegotiation {
  const sopClassUID = item.uid(item.u16());
  return { sopClassUID, information: item.bytes(item.remaining) };
}

/** UID, service class UID, list of related general SOP classes, each with its 16-bit length (PS3.7 Table D.3-12). */
function readCommonExtendedNegotiation(item: ByteReader): CommonExtendedNegotiation {
  const sopClassUID = item.uid(item.u16());
  const serviceClassUID = item.uid(item.u16());
  const listLength = item.u16();
  if (listLength > item.remaining) {
    throw new PduError('ITEM_CUT_SHORT', {
      itemType: ItemType.commonExtendedNegotiation,
      declared: listLength,
      available: item.remaining,
    });
  }
  const listEnd = item.remaining - listLength;
  const relatedGeneralSOPClassUIDs: string[] = [];
  while (item.remaining > listEnd) {
    if (relatedGeneralSOPClassUIDs.length >= RELATED_SOP_CLASSES_MAX) {
      throw new PduError('TOO_MANY_ITEMS', {
        itemType: ItemType.commonExtendedNegotiation,
        limit: RELATED_SOP_CLASSES_MAX,
      });
    }
    relatedGeneralSOPClassUIDs.push(item.uid(item.u16()));
  }
  // The Standard leaves room for later fields behind the list and tells receivers to pass over them.
  if (item.remaining < listEnd) {
    throw new PduError('ITEM_LENGTH_WRONG', {
      itemType: ItemType.commonExtendedNegotiation,
      declared: listLength,
    });
  }
  item.skip(item.remaining);
  return { sopClassUID, serviceClassUID, relatedGeneralSOPClassUIDs };
}

/** Type, positive response requested, primary field, secondary field (PS3.7 Table D.3-14). */
function readUserIdentity(item: ByteReader): UserIdentity {
  const type = item.u8();
  const positiveResponseRequested = item.u8() === 1;
  const primaryField = item.bytes(item.u16());
  const secondaryField = item.bytes(item.u16());
  return { type, positiveResponseRequested, primaryField, secondaryField };
}

/** Writes the User Information item; sub-items stand in the order of their types. */
export function writeUserInformation(writer: ByteWriter, information: UserInformation): void {
  writer.item(ItemType.userInformation, () => {
    const { maximumLength, implementationClassUID, implementationVersionName } = information;
    if (maximumLength !== undefined) writer.item(ItemType.maximumLength, () => writer.u32(maximumLength));
    if (implementationClassUID !== undefined) {
      writer.item(ItemType.implementationClassUID, () => writer.latin1(implementationClassUID));
    }
    const window = information.asynchronousOperationsWindow;
    if (window !== undefined) {
      writer.item(ItemType.asynchronousOperationsWindow, () => {
        writer.u16(window.invoked);
        writer.u16(window.performed);
      });
    }
    for (const role of information.roleSelections) {
      writer.item(ItemType.roleSelection, () => {
        writer.counted(role.sopClassUID);
        writer.u8(role.scuRole ? 1 : 0);
        writer.u8(role.scpRole ? 1 : 0);
      });
    }
    if (implementationVersionName !== undefined) {
      writer.item(ItemType.implementationVersionName, () => writer.latin1(implementationVersionName));
    }
    writeNegotiationItems(writer, information);
  });
}

function writeNegotiationItems(writer: ByteWriter, information: UserInformation): void {
  for (const extended of information.extendedNegotiation) {
    writer.item(ItemType.extendedNegotiation, () => {
      writer.counted(extended.sopClassUID);
      writer.bytes(extended.information);
    });
  }
  for (const common of information.commonExtendedNegotiation) {
    writer.item(ItemType.commonExtendedNegotiation, () => {
      writer.counted(common.sopClassUID);
      writer.counted(common.serviceClassUID);
      writer.u16(common.relatedGeneralSOPClassUIDs.reduce((sum, uid) => sum + 2 + uid.length, 0));
      for (const uid of common.relatedGeneralSOPClassUIDs) writer.counted(uid);
    });
  }
  const identity = information.userIdentity;
  if (identity !== undefined) {
    writer.item(ItemType.userIdentityRQ, () => {
      writer.u8(identity.type);
      writer.u8(identity.positiveResponseRequested ? 1 : 0);
      writer.counted(identity.primaryField);
      writer.counted(identity.secondaryField);
    });
  }
  const response = information.userIdentityResponse;
  if (response !== undefined) writer.item(ItemType.userIdentityAC, () => writer.counted(response));
}
