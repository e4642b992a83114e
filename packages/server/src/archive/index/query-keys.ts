import { dictionaryEntry, type VR } from '@leadglass/dicom';
import { queryKeyTable } from './generated/query-keys.ts';

/** Levels of the Query/Retrieve information models, from the top (PS3.4 C.6.1.1). */
export const queryLevels = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const;
export type QueryLevel = (typeof queryLevels)[number];

/** An attribute of a level that can be matched and returned. */
export interface QueryKey {
  readonly tag: number;
  readonly vr: VR;
  readonly level: QueryLevel;
  /** Place in the packed text of the level's row; see packed.ts. */
  readonly code: string;
  /** Keys of a sequence's items; undefined for other VRs. */
  readonly items: ReadonlyMap<number, QueryKey> | undefined;
}

/**
 * Attributes beyond PS3.4 C.6 and PS3.18 10.6 that worklists and viewers ask for all the time; PS3.4 C.6.1.1
 * leaves further attributes of a level to the SCP.
 */
const furtherKeys = `
PATIENT|00101000
PATIENT|00101002>00100020
PATIENT|00101002>00100021
PATIENT|00101002>00100022
STUDY|00081032>00080119
STUDY|00081032>00080120
SERIES|00080021
SERIES|00080031
SERIES|00080080
SERIES|00081010
SERIES|00081050
SERIES|00180015
SERIES|00181030
SERIES|00200060
SERIES|00400275>00400007
SERIES|00400275>00321060
IMAGE|00080023
IMAGE|00080033
IMAGE|00200012
IMAGE|0040A491
IMAGE|0040A493
`;

const firstCode = 0x21;

interface MutableKey extends QueryKey {
  readonly items: Map<number, MutableKey> | undefined;
}

function readKeys(text: string): ReadonlyMap<QueryLevel, ReadonlyMap<number, QueryKey>> {
  const levels = new Map(queryLevels.map((level) => [level, new Map<number, MutableKey>()]));
  for (const line of text.split('\n')) {
    const [level = '', path = ''] = line.split('|');
    let keys = levels.get(level as QueryLevel);
    for (const hex of keys === undefined ? [] : path.split('>')) {
      if (keys === undefined) throw new Error('a key below one that is no sequence');
      const tag = Number.parseInt(hex, 16);
      let key = keys.get(tag);
      if (key === undefined) {
        key = newKey(tag, level as QueryLevel, keys.size);
        keys.set(tag, key);
      }
      keys = key.items;
    }
  }
  return levels;
}

function newKey(tag: number, level: QueryLevel, ordinal: number): MutableKey {
  const vr = dictionaryEntry(tag)?.vrs[0];
  if (vr === undefined) throw new Error('a key the dictionary does not know');
  const code = String.fromCharCode(firstCode + ordinal);
  return { tag, vr, level, code, items: vr === 'SQ' ? new Map() : undefined };
}

/** Identifies the layout of packed rows: an index made with another is made again from the packs. */
export const queryKeyLayout: string = queryKeyTable + furtherKeys;

const keysByLevel = readKeys(queryKeyLayout);

/** Attributes held at a level, by tag (PS3.4 Tables C.6-1 to C.6-4, PS3.18 Tables 10.6.3-3 to 10.6.3-5). */
export function keysOfLevel(level: QueryLevel): ReadonlyMap<number, QueryKey> {
  return keysByLevel.get(level) as ReadonlyMap<number, QueryKey>;
}

/** A key that is known to be held at a level. */
export function keyOf(level: QueryLevel, tag: number): QueryKey {
  const key = keysOfLevel(level).get(tag);
  if (key === undefined) throw new Error('no such key at this level');
  return key;
}

/** Position of a level from the top: PATIENT is 0. */
export function depthOf(level: QueryLevel): number {
  return queryLevels.indexOf(level);
}

/** The key for a tag at a level or the nearest level above it: what a match of that level can return. */
export function findKey(tag: number, level: QueryLevel): QueryKey | undefined {
  for (let depth = depthOf(level); depth >= 0; depth--) {
    const key = keysOfLevel(queryLevels[depth] as QueryLevel).get(tag);
    if (key !== undefined) return key;
  }
  return undefined;
}
