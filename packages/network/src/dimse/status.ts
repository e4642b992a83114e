/** Statuses of PS3.7 Annex C and of the service classes of PS3.4 that this program sends or looks at. */
export const Status = {
  success: 0x0000,
  pending: 0xff00,
  /** Optional keys were not supported (PS3.4 C.4.1). */
  pendingWithWarning: 0xff01,
  cancel: 0xfe00,
  attributeListWarning: 0x0107,
  attributeValueOutOfRange: 0x0116,
  processingFailure: 0x0110,
  duplicateSOPInstance: 0x0111,
  noSuchSOPInstance: 0x0112,
  noSuchEventType: 0x0113,
  noSuchArgument: 0x0114,
  invalidArgumentValue: 0x0115,
  invalidSOPInstance: 0x0117,
  noSuchSOPClass: 0x0118,
  classInstanceConflict: 0x0119,
  missingAttribute: 0x0120,
  missingAttributeValue: 0x0121,
  sopClassNotSupported: 0x0122,
  noSuchActionType: 0x0123,
  notAuthorized: 0x0124,
  duplicateInvocation: 0x0210,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
  resourceLimitation: 0x0213,
  /** PS3.4 Table B.2-1, C.4-1, C.4-2. */
  outOfResources: 0xa700,
  unableToCalculateNumberOfMatches: 0xa701,
  unableToPerformSuboperations: 0xa702,
  moveDestinationUnknown: 0xa801,
  dataSetDoesNotMatchSOPClass: 0xa900,
  suboperationsCompleteWithFailures: 0xb000,
  cannotUnderstand: 0xc000,
} as const;

export type StatusClass = 'success' | 'warning' | 'failure' | 'cancel' | 'pending';

/** The class of a status (PS3.7 Annex C). A status the Standard does not know is a failure. */
export function statusClass(status: number): StatusClass {
  if (status === 0) return 'success';
  if (status === 0xff00 || status === 0xff01) return 'pending';
  if (status === 0xfe00) return 'cancel';
  if (status === 0x0001 || status === 0x0107 || status === 0x0116 || status >>> 12 === 0xb) return 'warning';
  return 'failure';
}

export function isPending(status: number): boolean {
  return status === 0xff00 || status === 0xff01;
}
