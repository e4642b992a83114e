import { WILDCARDS_MAX } from '../limits.ts';

/** A value with '*' (any characters, none included) and '?' (any one character), PS3.4 C.2.2.2.4. */
export interface Wildcard {
  /** Literal texts and, between them, how many characters at least and whether more may follow. */
  readonly pieces: readonly string[];
  /** gaps[i] stands before pieces[i]; the last one after the last piece. */
  readonly gaps: readonly Gap[];
}

interface Gap {
  readonly characters: number;
  readonly open: boolean;
}

export function hasWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?');
}

/** Nothing but '*': matches everything, empty values included (PS3.4 C.2.2.2.3, C.2.2.2.4). */
export function isOnlyStars(text: string): boolean {
  return text !== '' && /^\*+$/.test(text);
}

/**
 * Reads a value with wildcards. Runs of them become one gap, so '*?*?*' costs no more than '??*'.
 * @param fold applied to the literal texts only
 * @returns undefined when there are more gaps than the limit
 */
export function parseWildcard(text: string, fold: (literal: string) => string): Wildcard | undefined {
  const pieces: string[] = [];
  const gaps: Gap[] = [];
  let end = 0;
  let runs = 0;
  for (const run of text.matchAll(/[*?]+/g)) {
    if (++runs > WILDCARDS_MAX) return undefined;
    if (run.index > 0 && gaps.length === 0) gaps.push({ characters: 0, open: false });
    if (run.index > 0) pieces.push(fold(text.slice(end, run.index)));
    const characters = run[0].replaceAll('*', '').length;
    gaps.push({ characters, open: characters < run[0].length });
    end = run.index + run[0].length;
  }
  if (gaps.length === 0) gaps.push({ characters: 0, open: false });
  if (end < text.length) {
    pieces.push(fold(text.slice(end)));
    gaps.push({ characters: 0, open: false });
  }
  return { pieces, gaps };
}

/** The literal text every match begins with; '' when a wildcard comes first. */
export function literalPrefix({ pieces, gaps }: Wildcard): string {
  const first = gaps[0];
  return first !== undefined && first.characters === 0 && !first.open ? (pieces[0] ?? '') : '';
}

/**
 * Whether a text matches. Each piece is taken at its first place after an open gap, and only the piece after the
 * last open gap must reach the end: no backtracking but over '?', so the cost is text times pattern at most.
 */
export function matchesWildcard({ pieces, gaps }: Wildcard, text: string): boolean {
  let position = 0;
  /** Where the run of pieces since the last open gap began, and from where it is tried next. */
  let restartPiece = -1;
  let restartPosition = 0;
  let piece = 0;
  for (;;) {
    const gap = gaps[piece] as Gap;
    const after = skipCharacters(text, position, gap.characters);
    if (gap.open && after >= 0) {
      restartPiece = piece;
      restartPosition = after;
    }
    const literal = pieces[piece];
    if (literal === undefined) {
      if (after === text.length || (gap.open && after >= 0)) return true;
    } else if (after >= 0) {
      const found = gap.open ? text.indexOf(literal, after) : text.startsWith(literal, after) ? after : -1;
      if (found >= 0) {
        if (gap.open) restartPosition = found;
        position = found + literal.length;
        piece += 1;
        continue;
      }
      if (gap.open) return false;
    }
    if (restartPiece < 0) return false;
    // The pieces since the last open gap do not fit here: try its next place.
    const next = text.indexOf(pieces[restartPiece] ?? '', restartPosition + 1);
    if (next < 0 || pieces[restartPiece] === undefined) return false;
    restartPosition = next;
    position = next + (pieces[restartPiece] as string).length;
    piece = restartPiece + 1;
  }
}

/** Position after so many characters (code points), -1 when the text is too short. */
function skipCharacters(text: string, from: number, characters: number): number {
  let position = from;
  for (let left = characters; left > 0; left--) {
    if (position >= text.length) return -1;
    position += (text.codePointAt(position) as number) > 0xffff ? 2 : 1;
  }
  return position;
}
