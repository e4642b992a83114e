/** Section 3 of the conformance statement: DICOM over TLS, service by service (PS3.2 Annex A, A.4). */
import { ParseError, TransferSyntaxUID, transferSyntax } from '@leadglass/dicom';
import { defaultLimits, defaultTimeouts, DEFAULT_MAXIMUM_LENGTH } from '@leadglass/network';
import { QueryError } from '../../packages/server/src/archive/index/errors.ts';
import { type ConfigKey, configKeys } from '../../packages/server/src/config/keys.ts';
import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from '../../packages/server/src/dimse/implementation.ts';
import { statusOf } from '../../packages/server/src/dimse/statuses.ts';
import { DEVICE_VERBS } from '../../packages/server/src/identity/principal.ts';
import { canDecode, canEncode } from '../../packages/server/src/imaging/index.ts';
import { CommitmentFailure } from '../../packages/server/src/operations/commitment.ts';
import { Refused } from '../../packages/server/src/operations/index.ts';
import { QUARANTINED_PER_DAY_MAX_BYTES } from '../../packages/server/src/operations/quarantine-budget.ts';
import { QUARANTINED_PER_UID_MAX } from '../../packages/server/src/operations/quarantine-limits.ts';
import {
  extendedAnswers,
  inPreference,
  refusals,
  servicesOffered,
  storageClasses,
  storageOffered,
  takesFirstProposed,
} from './associations.ts';
import { keyCount, queryKeyTables } from './queries.ts';
import { callsOf, choicesOf, constant, keysOf, membersOf, numbersOf } from './source.ts';
import { bytes, code, codes, duration, grouped, hex, list, named, nameOf, table } from './text.ts';

const DIMSE = 'packages/server/src/dimse';
const DOOR = `${DIMSE}/dimse-door.ts`;
const UNASSOCIATED = `${DIMSE}/unassociated.ts`;

export function networkingSection(): string {
  return [
    introduction(),
    services(),
    associations(),
    storage(),
    queries(),
    retrieval(),
    commitment(),
    statuses(),
  ].join('\n\n');
}

/** The default of a setting. */
export const setting = (path: string): string => configKey(path).defaultValue.replace(/^"|"$/g, '');

export const description = (path: string): string => configKey(path).description;

function configKey(path: string): ConfigKey {
  const key = configKeys().find((one) => one.path === path);
  if (key === undefined) throw new Error(`there is no setting ${path}: the statement names it`);
  return key;
}

function introduction(): string {
  return `## 3 Networking: DICOM over TLS

### 3.1 Implementation model

One application entity, ${code(setting('aeTitle'))} unless configured otherwise, accepts associations from registered
devices and serves Verification, Storage, Query/Retrieve and Storage Commitment as SCP. It opens associations itself in
two cases: to send instances a device asked it to move (Storage as SCU), and to report on a storage commitment to a
device that has an address of its own. Nothing is scheduled, and no association stays open between two of these.

Every device is registered by name (\`leadglass device add\`). It proves who it is with a certificate that this archive
issued, is bound to one AE title, and may use the services it was granted: ${codes(DEVICE_VERBS)} (${code('commit')} comes
with ${code('store')}). Nothing is served to anybody else, and no service is granted to all.

### 3.2 Identification

${table(
  ['What', 'Value'],
  [
    ['Application Context Name', code('1.2.840.10008.3.1.1.1')],
    ['Implementation Class UID', code(IMPLEMENTATION_CLASS_UID)],
    ['Implementation Version Name', code(IMPLEMENTATION_VERSION_NAME)],
    ['AE title', `${code(setting('aeTitle'))} (setting ${code('aeTitle')})`],
    [
      'Listens on, TLS',
      `${code(`${setting('dimse.tls.host')}:${setting('dimse.tls.port')}`)} (${code('dimse.tls')})`,
    ],
    [
      'Listens on, clear text',
      `nothing, unless an old device was registered with ${code('--plain')}; then ${code(`${setting('dimse.plain.host')}:${setting('dimse.plain.port')}`)} (${code('dimse.plain')}), private or loopback addresses alone`,
    ],
  ],
)}`;
}

function services(): string {
  const served = servicesOffered();
  const messageSyntaxes = inPreference(served[0]);
  if (served.some((one) => inPreference(one).join() !== messageSyntaxes.join()))
    throw new Error('services differ in their transfer syntaxes: give each its own row');
  const store = storageOffered();
  const get = storageOffered({ scuRole: false, scpRole: true });
  return `### 3.3 SOP classes

#### 3.3.1 As SCP

${table(
  ['SOP class', 'UID', 'Granted with'],
  [
    ...served.map(({ sopClassUID, verbs }) => [nameOf(sopClassUID), code(sopClassUID), codes(verbs)]),
    ['Storage, all classes of section 3.5', '', codes(store.verbs)],
  ],
)}
Transfer syntaxes of all but Storage: ${messageSyntaxes.map(named).join(', ')}; the first of these that is proposed is
taken. Transfer syntaxes of Storage are in section 3.5.

#### 3.3.2 As SCU

${table(
  ['SOP class', 'When', 'Transfer syntaxes'],
  [
    [
      'Storage, all classes of section 3.5',
      'C-MOVE: an association of its own to the destination',
      `as the instance is stored, and for pixels that can be decoded ${nativeSyntaxes().map(nameOf).join(', ')}`,
    ],
    [
      'Storage, all classes of section 3.5',
      `C-GET: the contexts that the device proposed with the SCP role (granted with ${codes(get.verbs)})`,
      'as accepted: the first proposed that is known',
    ],
    [
      'Storage Commitment Push Model (reports)',
      'an association of its own to the registered address of the device, the roles turned round (PS3.4 J.3.3)',
      messageSyntaxes.map(nameOf).join(', '),
    ],
  ],
)}`;
}

const nativeSyntaxes = (): string[] => otherSyntaxes().slice(0, 2);

/** What an instance may be sent in when the receiver does not take it as stored, in order of preference. */
function otherSyntaxes(): string[] {
  const names = membersOf(`${DIMSE}/destinations.ts`, 'OTHER_SYNTAXES', 'TransferSyntaxUID');
  return names.map((name) => (TransferSyntaxUID as Readonly<Record<string, string>>)[name] ?? '');
}

function associations(): string {
  const share = constant(DOOR, 'PER_DEVICE_SHARE').value;
  const most = Number(setting('dimse.associationsMax'));
  const rules: [string, string][] = [
    [
      'Associations at the same time',
      `${grouped(most)} in all (${code('dimse.associationsMax')}), ${grouped(most / share)} of one device`,
    ],
    ['Maximum Length offered', bytes(DEFAULT_MAXIMUM_LENGTH)],
    [
      'Asynchronous operations',
      `up to ${defaultLimits.operationsMax} operations of the device, when it negotiates a window; 1 otherwise`,
    ],
    ['Waiting for an A-ASSOCIATE-RQ (ARTIM)', duration(defaultTimeouts.artimMs)],
    [
      'An association on which nothing moves',
      `aborted after ${setting('dimse.idleTimeoutSeconds')} s (${code('dimse.idleTimeoutSeconds')})`,
    ],
    ['An association in all', duration(defaultTimeouts.associationMs)],
    ['Longest data set', bytes(defaultLimits.dataSetMaxBytes)],
    ['Longest identifier', bytes(constant(`${DIMSE}/c-find.ts`, 'IDENTIFIER_MAX_BYTES').value)],
    ['Connections not yet associated', grouped(constant(UNASSOCIATED, 'UNASSOCIATED_MAX').value)],
  ];
  const order = takesFirstProposed() ? 'the first proposed is taken' : 'the preferred one is taken';
  return `### 3.4 Association policies

#### 3.4.1 Acceptance

${table(['Rule', 'Value'], rules)}
Before an association, a connection is closed without a word when its TLS handshake fails, or its certificate is refused
(${codes(choicesOf('packages/server/src/identity/device-tls.ts', 'DeviceRefusal'))}). Each refusal is in the audit trail.

An A-ASSOCIATE-RQ is rejected in these cases:

${table(['Case', 'Reason in the A-ASSOCIATE-RJ'], rejections())}
A presentation context is answered:

${table(['Proposed', 'Answer'], [...refusals().map(([why, result]) => [why, code(result)]), ['anything else', code('acceptance')]])}
Of several transfer syntaxes in a context of Storage, ${order}: the sender knows best what it holds. User identity
negotiation is not used: the certificate says who calls.

#### 3.4.2 Extended negotiation (PS3.4 C.5)

${table(
  ['SOP class', 'Agreed to when proposed'],
  extendedAnswers().map(({ sopClassUID, agreed }) => [nameOf(sopClassUID), agreed.join(', ')]),
)}
Role selection (PS3.7 D.3.3.4) is answered for Storage (the device as SCP: C-GET) and for Storage Commitment.

#### 3.4.3 Initiation

Associations are opened to registered devices with an address alone (\`device add --host --port\`), never to an address
from a message. A destination shows a certificate of this archive's authority, or the very one it was pinned to. A report
on a storage commitment is tried again: ${reportTries()}.
`;
}

function reportTries(): string {
  const calls = numbersOf(`${DIMSE}/storage-commitment.ts`, 'REPORT_TRIES_MS');
  return calls.map((waitMs) => (waitMs === 0 ? 'at once' : `after ${grouped(waitMs / 1000)} s`)).join(', ');
}

function rejections(): string[][] {
  return callsOf(DOOR, 'refuse').flatMap(([first = [], second = []]) => {
    const reasons = second.filter((text) => /-/.test(text));
    const reason = reasons.at(-1);
    if (reason === undefined) return [];
    const cases =
      first.length === 0 ? 'an old device without TLS that is not one of those named' : codes(first);
    return [[cases, code(reason)]];
  });
}

function storage(): string {
  const { transferSyntaxes } = storageOffered();
  const rows = transferSyntaxes.map((uid) => [
    nameOf(uid) + (transferSyntax(uid)?.retired === true ? ' (retired)' : ''),
    code(uid),
    canDecode(uid) ? 'yes' : '',
    canEncode(uid) ? 'yes' : '',
  ]);
  const classes = storageClasses().map(({ uid, name, retired }) => [
    name + (retired ? ' (retired)' : ''),
    code(uid),
  ]);
  return `### 3.5 Storage (PS3.4 Annex B)

Level 2 (Full): every attribute is kept, private ones included. The data set is kept and given back bit for bit in the
transfer syntax in which it came; elements are neither coerced nor left out. C-STORE is answered with success when the
instance and the entry of the audit trail are on the disk, not before.

The same instance again is a success and changes nothing. Another data set under a SOPInstanceUID that is taken is
refused (${hex(statusOfCode('DIFFERENT_UNDER_SAME_UID').status)}) and kept apart, in quarantine: up to ${QUARANTINED_PER_UID_MAX} under
one UID, up to ${QUARANTINED_PER_DAY_MAX_BYTES / 1024 ** 3} GiB a day of one caller. What is there is neither found nor given to anybody; a person at the machine
is shown that it is there, never a value of it, and may drop it for good: its key is destroyed, and what was held stays
as it was. The same data set, sent again after that, is refused and kept anew.

#### 3.5.1 Transfer syntaxes

All are accepted for storage. "Decoded": pixels can be shown, and an instance can be given in another transfer syntax.
"Made": an instance can be given in it, without loss.

${table(['Transfer syntax', 'UID', 'Decoded', 'Made'], rows)}
#### 3.5.2 Storage SOP classes

Each in all transfer syntaxes above. Private SOP classes, and those of the Standard's storage root that are newer than
this list, are accepted alike: what is not understood is still kept.

${table(['SOP class', 'UID'], classes)}`;
}

function queries(): string {
  const unconstrained = setting('queries.unconstrainedMaxMatches');
  return `### 3.6 Query (PS3.4 C.4.1)

Hierarchical queries in the Patient Root and Study Root models, relational ones when negotiated. ${grouped(keyCount())} attributes
can be matched and are returned; keys that are not among them are left out of the responses, which then have the status
${hex(0xff01)} instead of ${hex(0xff00)}. A C-CANCEL is looked at before each response.

Beside what was asked for, each response has SpecificCharacterSet, QueryRetrieveLevel, RetrieveAETitle and
InstanceAvailability (always \`ONLINE\`).

A query that narrows nothing is refused when it has more than ${grouped(Number(unconstrained))} matches (${code('queries.unconstrainedMaxMatches')});
a device may draw ${grouped(Number(setting('queries.burstMatches')))} matches at once and gets ${grouped(Number(setting('queries.matchesPerMinute')))} back each minute.
The Error Comment says what to narrow. Person names match without regard to case and accents, in each of their writings;
other texts match as they are written. A key with several values matches when one of them does.
${queryKeyTables()}`;
}

function retrieval(): string {
  const others = otherSyntaxes().map(nameOf);
  return `
### 3.7 Retrieval: C-MOVE and C-GET (PS3.4 C.4.2, C.4.3)

By unique keys, at every level of the model; lists of UIDs are taken. The destination of a C-MOVE must be a registered
device with an address. Sub-operations carry the Move Originator AE Title and Message ID. Pending responses tell the
counts; the final one has the Failed SOP Instance UID List.

An instance goes out as it is stored when the receiver takes that. Else it goes out in the first of these that the
receiver takes and its pixels can be had in: ${others.join(', ')}. Pixel values are never altered by this.
`;
}

function commitment(): string {
  const tasks = `${DIMSE}/storage-commitment.ts`;
  return `### 3.8 Storage Commitment (PS3.4 Annex J)

Push model, N-ACTION with action type ${constant(tasks, 'REQUEST_STORAGE_COMMITMENT').value}, up to ${grouped(constant(tasks, 'REFERENCES_MAX').value)} instances in one request.
What is in the archive is durable, so the report (N-EVENT-REPORT) is made at once: on the association of the request, or,
to a device that was registered with an address, on an association of its own. Commitments do not expire.

${table(
  ['Event type', 'When'],
  [
    [String(constant(tasks, 'SUCCESSFUL').value), 'all are held'],
    [String(constant(tasks, 'FAILURES_EXIST').value), 'some are not'],
  ],
)}
${table(
  ['Failure Reason', 'When'],
  [
    [hex(CommitmentFailure.noSuchInstance), 'no such instance'],
    [hex(CommitmentFailure.classConflict), 'held under another SOP class'],
  ],
)}`;
}

/** What the door answers to a command of a service it does not offer (PS3.7 C.5.23). */
function statusOfUnknownService(): number {
  const answers = callsOf(DOOR, 'request.respond').flat();
  const status = answers
    .flat()
    .map(Number)
    .find((value) => value > 0);
  if (status === undefined) throw new Error('the door answers unknown services no more: say what it does');
  return status;
}

const statusOfCode = (name: string) => statusOf(Object.assign(new Error(name), { code: name }));

function statuses(): string {
  const rows = keysOf(`${DIMSE}/statuses.ts`, 'STATUSES')
    .map((name) => ({ name, ...statusOfCode(name) }))
    .sort((a, b) => a.status - b.status || a.name.localeCompare(b.name))
    .map(({ name, status, errorComment = '' }) => [hex(status), errorComment, code(name)]);
  return `### 3.9 Statuses

Beside ${hex(0x0000)} (success), the pending statuses and ${hex(0xfe00)} (cancelled), these are answered, with the comment in Error
Comment (0000,0902) and, where an element is at fault, its tag in Offending Element (0000,0901). A comment never holds a
value that was sent.

${table(['Status', 'Error Comment', 'Code in the audit trail'], rows)}
${list([
  `${hex(statusOf(new ParseError('DATA_CUT_SHORT')).status)}: the data set cannot be read; the comment has the reason, tag and place (${code('DATA_CUT_SHORT (0010,0010) at 1234')}).`,
  `${hex(statusOf(new QueryError('LEVEL_UNKNOWN')).status)}: the identifier is wrong; the comment has the code, one of ${codes(choicesOf('packages/server/src/archive/index/errors.ts', 'QueryErrorCode'))}.`,
  `${hex(statusOf(new Refused('VERB_NOT_GRANTED')).status)}: not granted to this device.`,
  `${hex(statusOfUnknownService())}: a DIMSE service that is not offered.`,
  `${hex(statusOf(new Error('x')).status)}: anything nobody expected; never success.`,
])}`;
}
