import { lineAt } from './tree.ts';
import type { Problem, Tree } from './tree.ts';

/** Package, or 'server/<room>', to what it may import, by the same names. */
export type ArrowMap = ReadonlyMap<string, ReadonlySet<string>>;

export const ARCHITECTURE = 'ARCHITECTURE.md';

/**
 * The fenced block ```arrows of ARCHITECTURE.md. A line is `who: may, import`; `server/x` is a room of the server,
 * whose neighbours are named without `server/`; `#` begins a remark. Who is not named may import nothing and must
 * not exist.
 */
export function readArrowMap(tree: Tree): { map: ArrowMap; problems: Problem[] } {
  const text = tree.get(ARCHITECTURE) ?? '';
  const block = /^```arrows\n([^]*?)^```/m.exec(text);
  const map = new Map<string, Set<string>>();
  const problems: Problem[] = [];
  if (block === null) {
    return { map, problems: [{ file: ARCHITECTURE, message: 'has no ```arrows block: write the map' }] };
  }
  const firstLine = lineAt(text, block.index) + 1;
  const lines = (block[1] ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim());
  const parsed = lines.map((line) => /^([\w/-]+):((?:\s*[\w/-]+\s*,?)*)$/.exec(line));
  for (const match of parsed) if (match !== null) map.set(match[1] ?? '', new Set());
  for (const [index, match] of parsed.entries()) {
    const line = firstLine + index;
    const problem = (message: string): unknown => problems.push({ file: ARCHITECTURE, line, message });
    if (lines[index] !== '' && match === null) problem('is no arrow: write `who: may, import`');
    if (match === null) continue;
    const who = match[1] ?? '';
    const names = (match[2] ?? '').split(',').map((name) => name.trim());
    for (const name of names.filter((name) => name !== '')) {
      const room = who.startsWith('server/') && map.has(`server/${name}`) ? `server/${name}` : name;
      if (map.has(room)) map.get(who)?.add(room);
      else problem(`names ${name}, which the map does not have: add a line for it or correct the name`);
    }
  }
  return { map, problems: [...problems, ...loops(map)] };
}

/** Arrows that lead back to where they began: then there is no order in which to read the rooms. */
function loops(map: ArrowMap): Problem[] {
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    [...(map.get(from) ?? [])].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return [...map.keys()]
    .filter((who) => reaches(who, who, new Set()))
    .map((who) => ({ file: ARCHITECTURE, message: `arrows lead from ${who} back to ${who}: remove one` }));
}

/** Name in the map of who a file belongs to; files directly in packages/server/src are the room `main`. */
export function ownerOf(path: string): string | undefined {
  const match = /^packages\/([^/]+)\/src\/(?:([^/]+)\/)?/.exec(path);
  if (match === null) return undefined;
  const [, name = '', room = 'main'] = match;
  return name === 'server' ? `server/${room}` : name;
}
