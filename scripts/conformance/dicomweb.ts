/** Section 4 of the conformance statement: DICOMweb, as origin server and as user agent (PS3.2 Annex A, PS3.18). */
import { transferSyntax, transferSyntaxUIDs } from '@leadglass/dicom';
import { RETRIES_MAX } from '../../packages/server/src/dicomweb-client/backing-off.ts';
import { failureWords } from '../../packages/server/src/dicomweb-client/failure-reasons.ts';
import { METHODS, routes } from '../../packages/server/src/dicomweb/routes.ts';
import {
  currentName,
  defaultSyntaxOf,
  explicitLittleEndian,
  isNative,
  mediaTypeOf,
  OCTET_STREAM,
} from '../../packages/server/src/dicomweb/syntax-media-types.ts';
import { answerOf } from '../../packages/server/src/dicomweb/web-error.ts';
import { TOKEN_VERBS } from '../../packages/server/src/identity/principal.ts';
import { canEncode } from '../../packages/server/src/imaging/index.ts';
import { description, setting } from './networking.ts';
import { defaultFieldsTable } from './queries.ts';
import {
  callsOf,
  constant,
  constantsOf,
  keysOf,
  numbersOf,
  type SourceConstant,
  sourcesIn,
  textsMatching,
  textsOf,
} from './source.ts';
import { amount, bytes, code, codes, grouped, hex, list, nameOf, table, wordsOf } from './text.ts';

const DOOR = 'packages/server/src/dicomweb';
const CLIENT = 'packages/server/src/dicomweb-client';
const MEDIA_TYPE = /^(application|image|multipart|text|video)\/[a-z0-9.+-]{3,}$/;

export function dicomwebSection(): string {
  return [
    introduction(),
    resources(),
    retrieving(),
    searching(),
    storing(),
    statuses(),
    limits(),
    userAgent(),
  ].join('\n\n');
}

function introduction(): string {
  return `## 4 DICOMweb

### 4.1 Implementation model

An origin server for the Studies service and for WADO-URI (PS3.18 chapters 9 and 10), below ${code('/dicom-web')} at
${code(`https://${setting('https.host')}:${setting('https.port')}`)} unless configured otherwise; HTTP/1.1 and HTTP/2 over TLS, never in clear
text. Links in answers begin with the configured address (${code('https.publicAddress')}), never with what a request says.

A caller proves who it is with a bearer token (\`leadglass token create\`: ${codes(TOKEN_VERBS)}) or with a device
certificate. Without one, every answer is 401, whatever the path; ${code('GET /healthz')} alone says that the server is there.
Web pages from elsewhere may use it only if they are named (${code('https.allowedOrigins')}).
`;
}

function resources(): string {
  // The base is there with and without its slash.
  const shown = routes.filter(({ path }) => !path.endsWith('/'));
  const rows = shown.map(({ path, handlers, what }) => [
    code(path.replace(/^\/dicom-web/, '').replace(/:(\w+)/g, '{$1}') || '/'),
    Object.keys(handlers).join(', '),
    what,
  ]);
  const unknown = METHODS.filter((method) => !['GET', 'HEAD', 'OPTIONS', 'POST'].includes(method));
  return `### 4.2 Resources

${table(['Path', 'Methods', 'What'], rows)}
HEAD is answered wherever GET is. Other methods (${unknown.join(', ')}) are answered 405: nothing is changed or deleted over
DICOMweb. The same table as OpenAPI 3.1 is at ${code('/openapi.json')}, as WADL (PS3.18 Annex H) at ${code('/')} with ${code('Accept: application/vnd.sun.wadl+xml')}.
`;
}

function retrieving(): string {
  const types = new Map<string, string[]>();
  for (const uid of transferSyntaxUIDs) {
    const syntax = transferSyntax(uid);
    if (syntax === undefined || isNative(syntax)) continue;
    const type = mediaTypeOf(syntax);
    types.set(type, [...(types.get(type) ?? []), uid]);
  }
  const rows = [...types]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([type, uids]) => {
      const first = type === OCTET_STREAM ? undefined : defaultSyntaxOf(type);
      return [
        code(type),
        type === OCTET_STREAM ? 'all others' : uids.map(nameOf).join('; '),
        first === undefined ? '' : nameOf(first),
      ];
    });
  const old = keysOf(`${DOOR}/syntax-media-types.ts`, 'OLD_NAMES');
  const made = transferSyntaxUIDs.filter((uid) => canEncode(uid)).map(nameOf);
  const rendered = textsOf(`${DOOR}/rendered.ts`, 'IMAGE_TYPES');
  const documents = textsMatching(`${DOOR}/documents.ts`, MEDIA_TYPE);
  return `### 4.3 Retrieve (PS3.18 10.4)

**Instances** come as ${code('multipart/related; type="application/dicom"')}, a single one as ${code('application/dicom')} too.
${code('transfer-syntax=*')} gives them as they are stored, bit for bit; without it they come in ${nameOf(explicitLittleEndian().uid)} when
they can. An instance can also be asked for in ${made.join(', ')}. What cannot be given as asked is answered 406.
Range and ETag are understood.

**Frames and bulk data** that are not compressed come as ${code(OCTET_STREAM)}, others as they are stored:

${table(['Media type', 'Transfer syntaxes', 'Meant when none is named'], rows)}
Names of before 2020 are understood: ${old.map((name) => `${code(name)} for ${code(currentName(name))}`).join(', ')}.

**Metadata** comes as ${codes(textsMatching(`${DOOR}/retrieve-metadata.ts`, /^application\/(dicom\+)?(json|xml)$/))}; long values by BulkDataURI.

**Rendered** images come as ${codes(rendered)}, several frames as an animated GIF or in parts; instances that are no images
as ${codes(documents)}, or the video they hold.

Parameters of rendered resources that are understood: ${codes(parametersRead('query.one'))}. Those that could change what a person sees and are
not done are refused with 400, not passed over: ${codes(refusedParameters())}.
`;
}

const RENDER = `${DOOR}/render-parameters.ts`;

function parametersRead(callee: string): string[] {
  const own = callsOf(RENDER, callee).flatMap(([name = []]) => name);
  return [...new Set(own)]
    .filter((name) => /^[a-zA-Z]+$/.test(name) && !refusedParameters().includes(name))
    .sort();
}

const refusedParameters = (): string[] =>
  [
    ...new Set(
      callsOf(RENDER, 'refuse').flatMap(([, name = []]) => name.filter((text) => !/[A-Z_]{4}/.test(text))),
    ),
  ].sort();

function searching(): string {
  const file = `${DOOR}/search-parameters.ts`;
  return `### 4.4 Search (PS3.18 10.6)

Keys, and how each is matched, are those of section 3.6; an attribute that is not among them is answered with a warning
(${code('Warning: 299')}), one that does not exist with 400. Attributes are named by keyword or tag, those in sequences with dots.

Parameters: ${codes(textsOf(file, 'OWN_NAMES'))}. All of a search may be in the body of a POST
(${code('application/x-www-form-urlencoded')} to ${code('.../search')}) instead of in the URL; this is an extension of the Standard, so that no
patient's name need be in an address.

An answer has at most ${grouped(Number(setting('dicomweb.searchResultsMax')))} matches (${code('dicomweb.searchResultsMax')}); one that was cut says so in ${code('Warning')}, and
${code('offset')} goes on. Nothing found is 204. Answers come as ${codes(['application/dicom+json', 'application/json', 'multipart/related; type="application/dicom+xml"'])}.

Without ${code('includefield')} these are returned, beside those matched and RetrieveURL:

${defaultFieldsTable()}`;
}

function storing(): string {
  const file = `${DOOR}/store-report.ts`;
  const names = keysOf(file, 'REASONS');
  const reasons = numbersOf(file, 'REASONS');
  if (names.length !== reasons.length) throw new Error('REASONS is not a table of numbers any more');
  const rows = names
    .map((name, index) => ({ name, reason: reasons[index] ?? 0 }))
    .sort((a, b) => a.reason - b.reason || a.name.localeCompare(b.name))
    .map(({ name, reason }) => [hex(reason), code(name), failureWords(reason).replace(/ \(0x.*$/, '')]);
  return `### 4.5 Store (PS3.18 10.5)

Parts of ${code('application/dicom')}, in any transfer syntax of section 3.5, stored as they arrive; or metadata as
${codes(textsOf(`${DOOR}/store.ts`, 'METADATA_TYPES'))} with bulk data in parts of their own. What one part lacks spoils no other. The answer
comes when all that it calls stored is on the disk. The same instance again is a success.

Failure Reason (0008,1197) in the answer, beside ${hex(constant(file, 'CANNOT_UNDERSTAND').value)} (cannot be read) and ${hex(constant(file, 'PROCESSING_FAILURE').value)} (processing failure):

${table(['Failure Reason', 'Code in the audit trail', 'What it means'], rows)}`;
}

function statuses(): string {
  const byStatus = new Map<number, Set<string>>();
  const add = (status: number, name: string): unknown =>
    (byStatus.get(status) ?? byStatus.set(status, new Set()).get(status))?.add(name);
  for (const path of sourcesIn(DOOR)) {
    for (const [status = [], names = []] of callsOf(path, 'new WebError')) {
      for (const name of names) if (/^[A-Z_]+$/.test(name)) add(Number(status[0]), name);
    }
    for (const [status = [], names = []] of callsOf(path, 'WebError')) {
      for (const name of names) if (/^[A-Z_]+$/.test(name)) add(Number(status[0]), name);
    }
  }
  for (const name of keysOf(`${DOOR}/web-error.ts`, 'ANSWERS')) {
    add(answerOf(Object.assign(new Error(name), { code: name })).status, name);
  }
  const rows = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, names]) => [String(status), codes([...names].sort())]);
  return `### 4.6 Statuses

An error is answered as ${code('{"error": CODE, "advice": ...}')}: a stable code, and the next step where there is one; never what
was sent. 200, 202, 204, 206, 304, 405 and 416 are used as HTTP and PS3.18 have them, 409 as in section 4.5, 401 without
credentials, 403 for what was not granted.

${table(['Status', 'Codes'], rows)}`;
}

/** Constants that bound a request, by file. */
const LIMITS: readonly (readonly [file: string, name: string])[] = [
  ['https-door.ts', 'HEADERS_TIMEOUT_MS'],
  ['https-door.ts', 'MAX_HEADER_BYTES'],
  ['https-door.ts', 'MAX_HEADERS'],
  ['https-door.ts', 'CONCURRENT_STREAMS_MAX'],
  ['uri-query.ts', 'PARAMETERS_MAX'],
  ['search.ts', 'FORM_MAX_BYTES'],
  ['search-parameters.ts', 'INCLUDES_MAX'],
  ['store.ts', 'PARTS_MAX'],
];

function limits(): string {
  const rows = LIMITS.map(([file, name]) => limitRow(constant(`${DOOR}/${file}`, name)));
  const idle = setting('https.idleTimeoutSeconds');
  return `### 4.7 Limits

${table(
  ['Limit', 'Value', 'Why'],
  [
    settingRow('https.connectionsMax', grouped(Number(setting('https.connectionsMax')))),
    settingRow('dicomweb.requestMaxBytes', bytes(Number(setting('dicomweb.requestMaxBytes')))),
    settingRow('https.idleTimeoutSeconds', `${idle} s`),
    ...rows,
  ],
)}`;
}

const limitRow = ({ name, value, comment }: SourceConstant): string[] => [
  wordsOf(name),
  amount(name, value),
  comment,
];

const settingRow = (path: string, value: string): string[] => [code(path), value, description(path)];

function userAgent(): string {
  const connection = `${CLIENT}/http-connection.ts`;
  return `### 4.8 As user agent

${code('leadglass dicomweb search | get | put')} is a client of any origin server: Search (${code('application/dicom+json')}, by GET, or by POST
where the server has it), Retrieve (${code('multipart/related; type="application/dicom"; transfer-syntax=*')}) and Store
(${code('multipart/related; type="application/dicom"')}). HTTP/1.1 over TLS, or in clear text to the machine itself alone; a bearer token
or a client certificate; redirects are not followed.

${list([
  `A batch of Store has at most ${grouped(constant(`${CLIENT}/put-files.ts`, 'BATCH_MAX_FILES').value)} instances and ${bytes(constant(`${CLIENT}/put-files.ts`, 'BATCH_MAX_BYTES').value)}, or one instance that is longer.`,
  `What a server is busy with (429, 502, 503, 504), and connections that are cut, are tried again ${RETRIES_MAX} times, with growing waits and Retry-After.`,
  'What was retrieved is kept only when its structure holds to the end and its UIDs are those asked for.',
])}
${table(['Limit', 'Value', 'Why'], constantsOf(connection).map(limitRow))}`;
}
