import { type DicomJson, Tag, tagHex, tagOf } from '@leadglass/dicom';
import { pathStep } from './address.ts';
import { attributesOf, DICOM_JSON, readJSON, refusalOf, textOf } from './answers.ts';
import { DicomwebError } from './client-error.ts';
import type { Ask, HttpConnection } from './http-connection.ts';

/** Records asked for at a time; servers may give fewer. */
const PAGE_RECORDS = 1000;
/** Matches and fields of one search. */
const PARAMETERS_MAX = 1024;

export const SEARCH_LEVELS = ['study', 'series', 'instance'] as const;
export type SearchLevel = (typeof SEARCH_LEVELS)[number];

const RESOURCE: Readonly<Record<SearchLevel, string>> = {
  study: 'studies',
  series: 'series',
  instance: 'instances',
};
/** What tells two records of a level apart, as a key of DICOM JSON. */
export const UNIQUE_KEY: Readonly<Record<SearchLevel, string>> = {
  study: tagHex(Tag.StudyInstanceUID),
  series: tagHex(Tag.SeriesInstanceUID),
  instance: tagHex(Tag.SOPInstanceUID),
};

export interface Search {
  readonly level: SearchLevel;
  /** Only below these (PS3.18 Table 10.6.1-2). */
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  /** Attribute, by keyword, tag or a path of them with dots, and the value to match. */
  readonly matches?: readonly (readonly [attribute: string, value: string])[];
  readonly includes?: readonly string[];
  readonly limit: number;
  /** Parameters in the body, not in the URL: a Leadglass takes `POST .../search`, the Standard has GET alone. */
  readonly byPost?: boolean;
}

/**
 * Searches (PS3.18 10.6) page by page until the limit, or until the server has no more. A server that pays no heed to
 * `offset` gives the same again: that ends it too.
 * @param onWarning told what stands in Warning
 * @throws DicomwebError
 */
export async function* searchRecords(
  connection: HttpConnection,
  search: Search,
  onWarning: (text: string) => void = () => undefined,
): AsyncGenerator<DicomJson> {
  const parameters = parametersOf(search);
  const seen = new Set<string>();
  let given = 0;
  let offset = 0;
  while (given < search.limit) {
    const asked = Math.min(PAGE_RECORDS, search.limit - given);
    const page = await askForPage(connection, search, [
      ...parameters,
      ['limit', String(asked)],
      ...(offset === 0 ? [] : ([['offset', String(offset)]] as const)),
    ]);
    if (page.warning !== undefined) onWarning(page.warning);
    offset += page.records.length;
    const before = given;
    for (const record of page.records) {
      const key = textOf(record, UNIQUE_KEY[search.level]);
      if (key !== undefined && seen.has(key)) continue;
      if (key !== undefined) seen.add(key);
      if (given++ >= search.limit) return;
      yield record;
    }
    if (given === before) return;
  }
}

type Parameters = readonly (readonly [name: string, value: string])[];

function parametersOf(search: Search): Parameters {
  const { matches = [], includes = [], studyInstanceUID, seriesInstanceUID, byPost } = search;
  if (matches.length + includes.length > PARAMETERS_MAX) throw new DicomwebError('BAD_SEARCH');
  for (const path of [...matches.map(([path]) => path), ...includes]) {
    const isKnown = path.split('.').every((word) => tagOf(word) !== undefined);
    if (!isKnown && path !== 'all') throw new DicomwebError('BAD_SEARCH', { detail: 'UNKNOWN_ATTRIBUTE' });
  }
  const fields = includes.map((path) => ['includefield', path] as const);
  if (byPost !== true) return [...matches, ...fields];
  const above: Parameters = [
    ...(studyInstanceUID === undefined ? [] : [['StudyInstanceUID', studyInstanceUID] as const]),
    ...(seriesInstanceUID === undefined ? [] : [['SeriesInstanceUID', seriesInstanceUID] as const]),
  ];
  return [...matches, ...above, ...fields];
}

interface Page {
  readonly records: readonly DicomJson[];
  readonly warning: string | undefined;
}

async function askForPage(connection: HttpConnection, search: Search, parameters: Parameters): Promise<Page> {
  const answer = await connection.ask(requestOf(search, parameters));
  const warning = answer.header('warning');
  if (answer.status === 204) {
    for await (const _nothing of answer.pieces);
    return { records: [], warning };
  }
  if (answer.status !== 200) throw await refusalOf(answer);
  const json = await readJSON(answer);
  const records = Array.isArray(json) ? json.map(attributesOf) : [undefined];
  const known = records.filter((record) => record !== undefined);
  if (known.length !== records.length) throw new DicomwebError('ANSWER_INVALID', { detail: 'NO_RECORDS' });
  return { records: known, warning };
}

function requestOf(search: Search, parameters: Parameters): Ask {
  const path = resourcePath(search);
  const query = parameters
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  if (search.byPost !== true) return { method: 'GET', path: `${path}?${query}`, accept: DICOM_JSON };
  const bytes = Buffer.from(query, 'latin1');
  return {
    method: 'POST',
    path: `${path}/search`,
    accept: DICOM_JSON,
    body: {
      type: 'application/x-www-form-urlencoded',
      length: bytes.length,
      pieces: async function* () {
        yield await Promise.resolve(bytes);
      },
    },
  };
}

function resourcePath({ level, studyInstanceUID, seriesInstanceUID, byPost }: Search): string {
  // Searches by POST have all they ask for in their body.
  const steps: string[] = [];
  if (byPost !== true && studyInstanceUID !== undefined) {
    steps.push('studies', pathStep(studyInstanceUID));
    if (seriesInstanceUID !== undefined) steps.push('series', pathStep(seriesInstanceUID));
  }
  return `/${[...steps, RESOURCE[level]].join('/')}`;
}
