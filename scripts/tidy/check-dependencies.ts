import { isBuiltin } from 'node:module';
import type { ImportsByFile } from './imports.ts';
import { isGenerated, isTestCode, lineAt, packageOf } from './tree.ts';
import type { Problem, Tree } from './tree.ts';

/** Packages that run anywhere: no Node.js in what they ship. */
const ANY_RUNTIME = new Set(['dicom', 'deid']);
/** A package that imports nothing that is not its own. */
const ALONE = 'dicom';
const NODE_ONLY = /\bBuffer\b|\bprocess\.|\brequire\(|\b__dirname\b/g;

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What each package imports against what its package.json declares: all of it, and no more. */
export function checkDependencies(tree: Tree, imports: ImportsByFile): Problem[] {
  const manifestOf = (file: string): Manifest => JSON.parse(tree.get(file) ?? '{}') as Manifest;
  const root = manifestOf('package.json');
  const problems: Problem[] = [];
  for (const manifestFile of tree.keys()) {
    const name = /^packages\/([^/]+)\/package\.json$/.exec(manifestFile)?.[1];
    if (name === undefined) continue;
    const declared = manifestOf(manifestFile).dependencies ?? {};
    const files = [...imports].filter(([path]) => packageOf(path) === name);
    const used = new Set<string>();
    for (const [path, list] of files) {
      for (const { specifier, line } of list) {
        const problem = (message: string): unknown => problems.push({ file: path, line, message });
        const dependency = npmName(specifier);
        if (dependency === undefined) {
          const isNode = isBuiltin(specifier);
          if (isNode && !isTestCode(path) && ANY_RUNTIME.has(name)) {
            problem(`imports ${specifier}: ${name} runs in browsers too, pass it in as an argument`);
          } else if (isNode && !specifier.startsWith('node:'))
            problem(`imports ${specifier}: write node:${specifier}`);
          continue;
        }
        if (!isTestCode(path)) used.add(dependency);
        if (!isTestCode(path) && name === ALONE) problem(`imports ${specifier}: ${name} imports nothing`);
        else if (declared[dependency] === undefined && !forTests(path, dependency, root)) {
          problem(`imports ${dependency}, which ${manifestFile} does not declare: declare it or do without`);
        }
      }
    }
    // A package without sources is one to come.
    const unused =
      files.length === 0 ? [] : Object.keys(declared).filter((dependency) => !used.has(dependency));
    for (const dependency of unused) {
      problems.push({
        file: manifestFile,
        message: `declares ${dependency}, which nothing imports: remove it`,
      });
    }
  }
  return [...problems, ...checkAnyRuntime(tree)];
}

/** Tests may use the workspace's tools, and its packages, which the arrows check. */
function forTests(path: string, dependency: string, root: Manifest): boolean {
  return (
    isTestCode(path) &&
    (root.devDependencies?.[dependency] !== undefined || dependency.startsWith('@leadglass/'))
  );
}

/** The npm package a specifier names; undefined for files and Node.js' own modules. */
function npmName(specifier: string): string | undefined {
  if (specifier.startsWith('.') || isBuiltin(specifier)) return undefined;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}

function checkAnyRuntime(tree: Tree): Problem[] {
  const problems: Problem[] = [];
  for (const [file, text] of tree) {
    if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(file) || isTestCode(file) || isGenerated(file)) continue;
    if (!ANY_RUNTIME.has(packageOf(file) ?? '')) continue;
    for (const match of withoutComments(text).matchAll(NODE_ONLY)) {
      const message = `uses ${match[0]}, which browsers do not have: use what every runtime has (Uint8Array, DataView ...)`;
      problems.push({ file, line: lineAt(text, match.index), message });
    }
  }
  return problems;
}

/** Comments blanked, so that offsets stay; strings that look like comments may go too, which costs nothing here. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*/g, (comment) => comment.replace(/[^\n]/g, ' '));
}
