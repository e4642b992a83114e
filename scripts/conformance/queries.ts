/** Keys of queries and how each is matched, found out by asking the code that matches. */
import { DataSet, Tag, type VR } from '@leadglass/dicom';
import {
  depthOf,
  keysOfLevel,
  type QueryKey,
  queryLevels,
  type QueryLevel,
} from '../../packages/server/src/archive/index/query-keys.ts';
import { QueryError } from '../../packages/server/src/archive/index/errors.ts';
import { parseQuery, type Query } from '../../packages/server/src/archive/index/matching/query.ts';
import { parseSearch } from '../../packages/server/src/dicomweb/search-parameters.ts';
import { UriQuery } from '../../packages/server/src/dicomweb/uri-query.ts';
import { code, keyword, place, table } from './text.ts';

/** Of dates, of times. */
const RANGES = ['20200101-20210101', '1000-1100'];

/** Ways to match (PS3.4 C.2.2.2), short enough for a table. */
function matchingOf(key: QueryKey, within: readonly QueryKey[]): string {
  if (key.items !== undefined) return 'sequence';
  const ways = ['single value'];
  if (key.vr === 'UI') ways.push('list of UID');
  if (hasRanges(key)) ways.push('range');
  // What has no wildcard matching refuses one.
  if (conditionsOf([...within, key], 'A*B') !== undefined) ways.push('wildcard');
  return ways.join(', ');
}

/** Seen at the top level alone; attributes of a VR are matched alike in items. */
function hasRanges({ vr }: QueryKey): boolean {
  const keys = queryLevels.flatMap((level) => [...keysOfLevel(level).values()]);
  const sample = keys.find((key) => key.vr === vr);
  if (sample === undefined) return false;
  return RANGES.some(
    (value) => conditionsOf([sample], value)?.some(({ range }) => range !== undefined) === true,
  );
}

/** What a query with this value makes; undefined when it is refused. */
function conditionsOf(path: readonly QueryKey[], value: string): Query['conditions'] | undefined {
  const identifier = new DataSet();
  const [top] = path;
  if (top === undefined) return undefined;
  identifier.set(Tag.QueryRetrieveLevel, top.level);
  put(identifier, path, value);
  try {
    return parseQuery(identifier, { root: 'PATIENT', relational: true }).conditions;
  } catch (error) {
    if (error instanceof QueryError) return undefined;
    throw error;
  }
}

function put(into: DataSet, [key, ...rest]: readonly QueryKey[], value: string): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    into.set(key.tag, Buffer.from(value, 'latin1'), vrOf(key));
    return;
  }
  const item = new DataSet({ parent: into });
  put(item, rest, value);
  into.set(key.tag, [item], 'SQ');
}

/** Values of a query are text, also of attributes that are binary numbers. */
const vrOf = ({ vr }: QueryKey): VR => (['US', 'UL', 'SS', 'SL', 'FL', 'FD'].includes(vr) ? 'IS' : vr);

/** One table a level. */
export function queryKeyTables(): string {
  return queryLevels
    .map(
      (level) =>
        `\n##### Keys of the ${level} level\n\n${table(['Attribute', 'Tag', 'VR', 'Matching'], rowsOf(level))}`,
    )
    .join('');
}

function rowsOf(level: QueryLevel): string[][] {
  return sorted(keysOfLevel(level)).flatMap((key) => [
    [keyword(key.tag), place(key.tag), key.vr, matchingOf(key, [])],
    ...itemRows([key]),
  ]);
}

function itemRows(within: readonly QueryKey[]): string[][] {
  return sorted(within.at(-1)?.items ?? new Map<number, QueryKey>()).flatMap((item) => [
    [`${'>'.repeat(within.length)} ${keyword(item.tag)}`, place(item.tag), item.vr, matchingOf(item, within)],
    ...itemRows([...within, item]),
  ]);
}

const sorted = (keys: ReadonlyMap<number, QueryKey>): QueryKey[] =>
  [...keys.values()].sort((a, b) => (a.tag >>> 0) - (b.tag >>> 0));

export const keyCount = (): number => queryLevels.reduce((sum, level) => sum + keysOfLevel(level).size, 0);

/** Attributes of every match of a search that names none (PS3.18 Tables 10.6.3-3 to -5). */
export function defaultFieldsTable(): string {
  const levels = queryLevels.filter((level) => depthOf(level) > 0);
  const rows = levels.map((level) => {
    const { query } = parseSearch(UriQuery.parse(''), { level, resultsMax: 1 });
    return [level, query.requested.map(({ tag }) => code(keyword(tag))).join(', ')];
  });
  return table(['Level', 'Attributes'], rows);
}
