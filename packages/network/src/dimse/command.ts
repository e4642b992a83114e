/** Command Field values (PS3.7 E.1, Table E.1-1). */
export const CommandField = {
  'C-STORE-RQ': 0x0001,
  'C-STORE-RSP': 0x8001,
  'C-GET-RQ': 0x0010,
  'C-GET-RSP': 0x8010,
  'C-FIND-RQ': 0x0020,
  'C-FIND-RSP': 0x8020,
  'C-MOVE-RQ': 0x0021,
  'C-MOVE-RSP': 0x8021,
  'C-ECHO-RQ': 0x0030,
  'C-ECHO-RSP': 0x8030,
  'N-EVENT-REPORT-RQ': 0x0100,
  'N-EVENT-REPORT-RSP': 0x8100,
  'N-GET-RQ': 0x0110,
  'N-GET-RSP': 0x8110,
  'N-SET-RQ': 0x0120,
  'N-SET-RSP': 0x8120,
  'N-ACTION-RQ': 0x0130,
  'N-ACTION-RSP': 0x8130,
  'N-CREATE-RQ': 0x0140,
  'N-CREATE-RSP': 0x8140,
  'N-DELETE-RQ': 0x0150,
  'N-DELETE-RSP': 0x8150,
  'C-CANCEL-RQ': 0x0fff,
} as const;
export type MessageName = keyof typeof CommandField;

/** Bit that makes a request's Command Field that of its response. */
export const RESPONSE_BIT = 0x8000;

/** Priority (PS3.7 E.1): the Standard's numbers are not in order of urgency. */
export const Priority = { medium: 0, high: 1, low: 2 } as const;

/** Command Data Set Type that says "no data set"; every other value says there is one (PS3.7 E.1). */
export const NO_DATA_SET = 0x0101;

/** A property of `Command` for each element of a command set that is not retired. */
export interface CommandFields {
  commandField: number;
  affectedSOPClassUID?: string | undefined;
  requestedSOPClassUID?: string | undefined;
  messageID?: number | undefined;
  messageIDBeingRespondedTo?: number | undefined;
  moveDestination?: string | undefined;
  priority?: number | undefined;
  status?: number | undefined;
  /** Tags as numbers, 0xggggeeee. */
  offendingElement?: readonly number[] | undefined;
  errorComment?: string | undefined;
  errorID?: number | undefined;
  affectedSOPInstanceUID?: string | undefined;
  requestedSOPInstanceUID?: string | undefined;
  eventTypeID?: number | undefined;
  attributeIdentifierList?: readonly number[] | undefined;
  actionTypeID?: number | undefined;
  numberOfRemainingSuboperations?: number | undefined;
  numberOfCompletedSuboperations?: number | undefined;
  numberOfFailedSuboperations?: number | undefined;
  numberOfWarningSuboperations?: number | undefined;
  moveOriginatorAETitle?: string | undefined;
  moveOriginatorMessageID?: number | undefined;
}

/** A command set (PS3.7 6.3 and Annex E) as typed fields. */
export class Command implements CommandFields {
  // Every field stands here, in one order, so that all commands share one hidden class.
  commandField = 0;
  affectedSOPClassUID: string | undefined = undefined;
  requestedSOPClassUID: string | undefined = undefined;
  messageID: number | undefined = undefined;
  messageIDBeingRespondedTo: number | undefined = undefined;
  moveDestination: string | undefined = undefined;
  priority: number | undefined = undefined;
  status: number | undefined = undefined;
  offendingElement: readonly number[] | undefined = undefined;
  errorComment: string | undefined = undefined;
  errorID: number | undefined = undefined;
  affectedSOPInstanceUID: string | undefined = undefined;
  requestedSOPInstanceUID: string | undefined = undefined;
  eventTypeID: number | undefined = undefined;
  attributeIdentifierList: readonly number[] | undefined = undefined;
  actionTypeID: number | undefined = undefined;
  numberOfRemainingSuboperations: number | undefined = undefined;
  numberOfCompletedSuboperations: number | undefined = undefined;
  numberOfFailedSuboperations: number | undefined = undefined;
  numberOfWarningSuboperations: number | undefined = undefined;
  moveOriginatorAETitle: string | undefined = undefined;
  moveOriginatorMessageID: number | undefined = undefined;
  /** Command Data Set Type said that a data set follows. */
  hasDataSet = false;
  /** Elements whose value breaks its VR; they read as absent. Tags as numbers. */
  malformedElements: readonly number[] = NONE;

  get name(): MessageName | undefined {
    return messageNames.get(this.commandField);
  }

  get isRequest(): boolean {
    return (this.commandField & RESPONSE_BIT) === 0;
  }
}

const NONE: readonly number[] = Object.freeze([]);

export const messageNames: ReadonlyMap<number, MessageName> = new Map(
  (Object.entries(CommandField) as [MessageName, number][]).map(([name, value]) => [value, name]),
);

/** Whether a request carries a data set, and the elements without which it means nothing (PS3.7 9.3, 10.3). */
export interface RequestRules {
  readonly dataSet: 'present' | 'none' | 'by case';
  readonly required: readonly (keyof CommandFields)[];
}

// prettier-ignore
export const requestRules: ReadonlyMap<number, RequestRules> = new Map<number, RequestRules>([
  [CommandField['C-STORE-RQ'], { dataSet: 'present', required: ['affectedSOPClassUID', 'affectedSOPInstanceUID'] }],
  [CommandField['C-FIND-RQ'], { dataSet: 'present', required: ['affectedSOPClassUID'] }],
  [CommandField['C-GET-RQ'], { dataSet: 'present', required: ['affectedSOPClassUID'] }],
  [CommandField['C-MOVE-RQ'], { dataSet: 'present', required: ['affectedSOPClassUID', 'moveDestination'] }],
  [CommandField['C-ECHO-RQ'], { dataSet: 'none', required: ['affectedSOPClassUID'] }],
  [CommandField['N-EVENT-REPORT-RQ'], { dataSet: 'by case', required: ['affectedSOPClassUID', 'affectedSOPInstanceUID', 'eventTypeID'] }],
  [CommandField['N-GET-RQ'], { dataSet: 'none', required: ['requestedSOPClassUID', 'requestedSOPInstanceUID'] }],
  [CommandField['N-SET-RQ'], { dataSet: 'present', required: ['requestedSOPClassUID', 'requestedSOPInstanceUID'] }],
  [CommandField['N-ACTION-RQ'], { dataSet: 'by case', required: ['requestedSOPClassUID', 'requestedSOPInstanceUID', 'actionTypeID'] }],
  [CommandField['N-CREATE-RQ'], { dataSet: 'by case', required: ['affectedSOPClassUID'] }],
  [CommandField['N-DELETE-RQ'], { dataSet: 'none', required: ['requestedSOPClassUID', 'requestedSOPInstanceUID'] }],
  [CommandField['C-CANCEL-RQ'], { dataSet: 'none', required: [] }],
]);
