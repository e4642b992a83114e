/**
 * Whether the tree is what ARCHITECTURE.md says it is: who imports whom, declared dependencies, cycles, dead files,
 * rooms' READMEs, decisions, words that do not belong. Run as a test (tidy.test.ts), or alone: node scripts/tidy.ts
 */
import { join } from 'node:path';
import { readArrowMap } from './tidy/arrow-map.ts';
import { checkArrows } from './tidy/check-arrows.ts';
import { checkDependencies } from './tidy/check-dependencies.ts';
import { checkDocuments } from './tidy/check-documents.ts';
import { checkFiles } from './tidy/check-files.ts';
import { checkWords } from './tidy/check-words.ts';
import { allImports } from './tidy/imports.ts';
import { readTree } from './tidy/tree.ts';
import type { Problem, Tree } from './tidy/tree.ts';

export const projectRoot = join(import.meta.dirname, '..');

/** The questions, in the order in which answers help: a wrong map explains wrong arrows. */
export const checks: Readonly<Record<string, (tree: Tree) => Problem[]>> = {
  'the arrow map is sound': (tree) => readArrowMap(tree).problems,
  'imports follow the arrows': (tree) => checkArrows(allImports(tree), readArrowMap(tree).map),
  'packages import what they declare, and declare what they import': (tree) =>
    checkDependencies(tree, allImports(tree)),
  'no import is broken or circular, no file is dead': (tree) => checkFiles(tree, allImports(tree)),
  'rooms, decisions and the architecture are described': checkDocuments,
  'no word is out of place': checkWords,
};

export function describeProblem({ file, line, message }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`} ${message}`;
}

if (import.meta.main) {
  const tree = readTree(projectRoot);
  const lines = Object.values(checks).flatMap((check) => check(tree).map(describeProblem));
  if (lines.length > 0) console.log(lines.join('\n'));
  process.exitCode = lines.length > 0 ? 1 : 0;
}
