import { ARCHITECTURE, ownerOf } from './arrow-map.ts';
import type { ArrowMap } from './arrow-map.ts';
import type { Import, ImportsByFile } from './imports.ts';
import { isTestCode, packageOf } from './tree.ts';
import type { Problem } from './tree.ts';

/** Imports between packages and between the server's rooms against the map. */
export function checkArrows(imports: ImportsByFile, map: ArrowMap): Problem[] {
  const problems: Problem[] = [];
  for (const owner of new Set([...imports.keys()].flatMap((path) => ownerOf(path) ?? []))) {
    if (map.has(owner)) continue;
    const message = `has no line for ${owner}: add one to the arrows, with what it may import`;
    problems.push({ file: ARCHITECTURE, message });
  }
  for (const [path, list] of imports) {
    for (const one of list) {
      const message = wrong(path, one, map);
      if (message !== undefined) problems.push({ file: path, line: one.line, message });
    }
  }
  return problems;
}

function wrong(path: string, { specifier, target }: Import, map: ArrowMap): string | undefined {
  const from = ownerOf(path);
  if (from === undefined) return undefined;
  if (target !== undefined && packageOf(target) !== packageOf(path)) {
    return isTestCode(path)
      ? undefined
      : `imports ${specifier}, outside its package: import it as @leadglass/...`;
  }
  const to = target === undefined ? /^@leadglass\/([^/]+)/.exec(specifier)?.[1] : ownerOf(target);
  if (to === undefined || to === from) return undefined;
  // A test may look at any room of its package, and at what the package as a whole may.
  const allowed = isTestCode(path) ? allowedToPackage(packageOf(path) ?? '', map) : map.get(from);
  if (allowed?.has(to) === true) return undefined;
  const rooms = [...(map.get(from) ?? [])].join(', ') || 'nothing';
  return `${from} may not import ${to} (it may import ${rooms}): move the code or pass it in as an argument; the map is in ${ARCHITECTURE}`;
}

function allowedToPackage(name: string, map: ArrowMap): ReadonlySet<string> {
  const own = [...map.keys()].filter((who) => who === name || who.startsWith(`${name}/`));
  return new Set([...own, ...own.flatMap((who) => [...(map.get(who) ?? [])])]);
}
