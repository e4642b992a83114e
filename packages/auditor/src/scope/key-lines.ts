/**
 * Line of a key in a TOML file, for messages. The TOML parser tells values without places, so the text is walked
 * once more; it has been parsed already, so what is read here is well-formed. Keys inside inline tables are found
 * by the line of their table.
 */
export function lineOfKey(text: string, path: readonly PropertyKey[]): number | undefined {
  const places = keyPlaces(text);
  for (let length = path.length; length > 0; length--) {
    const line = places.get(path.slice(0, length).map(String).join('\u0000'));
    if (line !== undefined) return line;
  }
  return undefined;
}

function keyPlaces(text: string): Map<string, number> {
  const places = new Map<string, number>();
  const arrayLengths = new Map<string, number>();
  let table: string[] = [];
  const note = (path: readonly string[], line: number): void => {
    const name = path.join('\u0000');
    if (!places.has(name)) places.set(name, line);
  };
  for (const [index, lineText] of text.split('\n').entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/.exec(lineText);
    if (header !== null) {
      table = dottedKey(header[2] ?? '');
      if (header[1] === '[[') {
        const name = table.join('\u0000');
        const position = arrayLengths.get(name) ?? 0;
        arrayLengths.set(name, position + 1);
        note(table, index + 1);
        table = [...table, String(position)];
      }
      note(table, index + 1);
      continue;
    }
    const key = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/.exec(lineText);
    if (key !== null) note([...table, ...dottedKey(key[1] ?? '')], index + 1);
  }
  return places;
}

function dottedKey(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(
    (part) => part[1] ?? part[2] ?? part[3] ?? '',
  );
}

/** The known key that needs the fewest changes to become `key`, if few enough to be a slip. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.max(2, Math.floor(best.name.length / 2))
    ? best.name
    : undefined;
}

/** Longest key compared; the effort grows with the square. */
const COMPARED_MAX = 64;

function editDistance(a: string, b: string): number {
  const left = a.slice(0, COMPARED_MAX);
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, character] of [...left].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (character === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
