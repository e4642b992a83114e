import { posix } from 'node:path';
import { isGenerated, isSource, lineAt } from './tree.ts';
import type { Tree } from './tree.ts';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Gone when types are stripped: counts as an arrow, cannot make a cycle at run time. */
  readonly typeOnly: boolean;
  /** A worker's file, or a file read: named by URL, loaded in a thread of its own. */
  readonly byURL: boolean;
  /** Path from the root, for imports of files. Not checked to exist. */
  readonly target: string | undefined;
}

/** Statements begin a line in formatted code; `[^'"`;]` keeps a match inside one statement. */
const STATIC = /^(import|export)\b([^'"`;]*?\bfrom)?\s*'([^']+)'/gm;
const DYNAMIC = /\b(typeof )?import\(\s*'([^']+)'/g;
const BY_URL = /new URL\(\s*'(\.[^']+)',\s*import\.meta\.url/g;

/** Imports of a source file, in no particular order. */
export function importsOf(path: string, text: string): Import[] {
  const make = (match: RegExpExecArray, specifier: string, typeOnly: boolean, byURL: boolean): Import => ({
    specifier,
    typeOnly,
    byURL,
    line: lineAt(text, match.index),
    target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
  });
  return [
    ...[...text.matchAll(STATIC)].map((match) => {
      const typeOnly = /^(import|export)\s+type\b/.test(match[0]);
      return make(match, match[3] ?? '', typeOnly, false);
    }),
    ...[...text.matchAll(DYNAMIC)].map((match) => {
      // In a type, import('x') is a type; a run-time one is awaited, chained, returned or passed on.
      return make(match, match[2] ?? '', match[1] !== undefined, false);
    }),
    ...[...text.matchAll(BY_URL)].map((match) => make(match, match[1] ?? '', false, true)),
  ];
}

export type ImportsByFile = ReadonlyMap<string, readonly Import[]>;

export function allImports(tree: Tree): ImportsByFile {
  const all = new Map<string, Import[]>();
  for (const [path, text] of tree) {
    // Generated tables are long and import nothing.
    if (isSource(path) && !isGenerated(path)) all.set(path, importsOf(path, text));
    else if (isSource(path)) all.set(path, text.length > 100_000 ? [] : importsOf(path, text));
  }
  return all;
}
