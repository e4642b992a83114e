/** A display shutter (PS3.3 C.7.6.11, C.7.6.15). Rows and columns count from 1. */
export type Shutter =
  | {
      readonly shape: 'RECTANGULAR';
      readonly left: number;
      readonly right: number;
      readonly upper: number;
      readonly lower: number;
    }
  | { readonly shape: 'CIRCULAR'; readonly row: number; readonly column: number; readonly radius: number }
  /** Row and column of each vertex in turn. */
  | { readonly shape: 'POLYGONAL'; readonly vertices: readonly number[] };

/** Calls `cover` for every stretch of a row, [from, to), that a shutter covers. */
export function coverRow(
  shutter: Shutter,
  row: number,
  columns: number,
  cover: (from: number, to: number) => void,
): void {
  let end = 0;
  for (const [from, to] of openStretches(shutter, row + 1)) {
    const open = Math.min(Math.max(from - 1, end), columns);
    if (open > end) cover(end, open);
    end = Math.min(Math.max(end, to), columns);
  }
  if (end < columns) cover(end, columns);
}

/** Stretches of a row that can be seen: first and last column, from 1, ascending. */
function openStretches(shutter: Shutter, row: number): [number, number][] {
  switch (shutter.shape) {
    case 'RECTANGULAR':
      return row < shutter.upper || row > shutter.lower ? [] : [[shutter.left, shutter.right]];
    case 'CIRCULAR': {
      const half = Math.sqrt(shutter.radius ** 2 - (row - shutter.row) ** 2);
      if (Number.isNaN(half)) return [];
      return [[Math.ceil(shutter.column - half), Math.floor(shutter.column + half)]];
    }
    case 'POLYGONAL':
      return polygonStretches(shutter.vertices, row);
  }
}

/** Where a row crosses the edges, in pairs: inside lies between an odd crossing and the next. */
function polygonStretches(vertices: readonly number[], row: number): [number, number][] {
  const crossings: number[] = [];
  const count = vertices.length >> 1;
  for (let index = 0; index < count; index++) {
    const next = (index + 1) % count;
    const [row1, column1] = [vertices[index * 2] as number, vertices[index * 2 + 1] as number];
    const [row2, column2] = [vertices[next * 2] as number, vertices[next * 2 + 1] as number];
    if (row1 <= row !== row2 <= row)
      crossings.push(column1 + ((row - row1) / (row2 - row1)) * (column2 - column1));
  }
  crossings.sort((a, b) => a - b);
  const stretches: [number, number][] = [];
  for (let index = 0; index + 1 < crossings.length; index += 2)
    stretches.push([Math.ceil(crossings[index] as number), Math.floor(crossings[index + 1] as number)]);
  return stretches;
}
