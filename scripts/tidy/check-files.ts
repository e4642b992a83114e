import type { ImportsByFile } from './imports.ts';
import { isGenerated, isTestCode } from './tree.ts';
import type { Problem, Tree } from './tree.ts';

/** Imports of files that are not there, cycles, and files nobody imports. */
export function checkFiles(tree: Tree, imports: ImportsByFile): Problem[] {
  return [...missingFiles(tree, imports), ...cycles(imports), ...deadFiles(tree, imports)];
}

function missingFiles(tree: Tree, imports: ImportsByFile): Problem[] {
  return [...imports].flatMap(([file, list]) =>
    list
      // A folder named by URL is no import.
      .filter(
        ({ target, byURL }) =>
          target !== undefined && !tree.has(target) && !(byURL && !/\.[tj]s$/.test(target)),
      )
      .map(({ specifier, line }) => ({
        file,
        line,
        message: `imports ${specifier}, which is not there: relative imports name a file with its ending`,
      })),
  );
}

/** Only what is loaded at run time: types that name each other do no harm, a module that is half loaded does. */
function cycles(imports: ImportsByFile): Problem[] {
  const state = new Map<string, 'open' | 'done'>();
  const problems: Problem[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    state.set(path, 'open');
    for (const { target, typeOnly, byURL } of imports.get(path) ?? []) {
      if (target === undefined || typeOnly || byURL) continue;
      if (state.get(target) === 'open') {
        const loop = [...trail.slice(trail.indexOf(target)), target];
        const message = `imports in a circle: ${loop.join(' -> ')}; move what both need to a file of its own`;
        problems.push({ file: target, message });
      } else if (!state.has(target)) visit(target, [...trail, target]);
    }
    state.set(path, 'done');
  };
  for (const path of imports.keys()) if (!state.has(path)) visit(path, [path]);
  return problems;
}

/** Files that are started and not imported: packages' entries, and what package.json, scripts or guides name. */
function isEntry(path: string, starters: string, guides: string): boolean {
  if (/\.test\.ts$|\.d\.ts$/.test(path)) return true;
  if (/^packages\/[^/]+\/src\/(index|main)\.(ts|js)$|^test\/.*\/main\.ts$/.test(path)) return true;
  return starters.includes(path) || (path.startsWith('scripts/') && guides.includes(path));
}

function deadFiles(tree: Tree, imports: ImportsByFile): Problem[] {
  const textOf = (pattern: RegExp): string =>
    [...tree].flatMap(([path, text]) => (pattern.test(path) ? text : [])).join('\n');
  const starters = textOf(/(^|\/)package\.json$|\.sh$|^leadglass/);
  const guides = textOf(/\.md$/);
  const importers = new Map<string, string[]>();
  for (const [path, list] of imports) {
    for (const { target } of list) {
      if (target !== undefined) importers.set(target, [...(importers.get(target) ?? []), path]);
    }
  }
  const problems: Problem[] = [];
  for (const file of imports.keys()) {
    if (isEntry(file, starters, guides)) continue;
    const by = (importers.get(file) ?? []).filter((path) => path !== file);
    if (by.length === 0) {
      problems.push({ file, message: 'is imported by nobody: import it or delete it' });
    } else if (
      !isTestCode(file) &&
      !isGenerated(file) &&
      by.every(isTestCode) &&
      file.startsWith('packages/')
    ) {
      problems.push({
        file,
        message: 'is imported by tests alone: use it, delete it, or move it to testing/',
      });
    }
  }
  return problems;
}
