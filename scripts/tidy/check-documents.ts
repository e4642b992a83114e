import { ARCHITECTURE } from './arrow-map.ts';
import { lineAt } from './tree.ts';
import type { Problem, Tree } from './tree.ts';

/** A room's README is a door plate, not a manual. */
const ROOM_README_LINES_MAX = 80;
/** In this order; what each is for stands in docs/decisions/README.md. */
export const DECISION_SECTIONS = ['Situation', 'Choice', 'Rejected', 'Consequence', 'Where'];

export function checkDocuments(tree: Tree): Problem[] {
  return [...roomReadmes(tree), ...decisions(tree), ...paths(tree)];
}

function roomReadmes(tree: Tree): Problem[] {
  const rooms = new Set(
    [...tree.keys()].flatMap((path) => /^packages\/[^/]+\/src\/[^/]+(?=\/)/.exec(path) ?? []),
  );
  return [...rooms]
    .filter((room) => !room.endsWith('/generated'))
    .flatMap((room): Problem[] => {
      const file = `${room}/README.md`;
      const text = tree.get(file);
      if (text === undefined) {
        return [{ file, message: 'is missing: say what the room is, what it imports, where to start' }];
      }
      const lines = text.trim().split('\n').length;
      if (text.trim() === '') return [{ file, message: 'is empty: say what the room is and where to start' }];
      if (lines <= ROOM_README_LINES_MAX) return [];
      return [
        { file, message: `has ${lines} lines, ${ROOM_README_LINES_MAX} at most: the rest belongs in docs/` },
      ];
    });
}

function decisions(tree: Tree): Problem[] {
  const problems: Problem[] = [];
  const numbers = new Map<string, string>();
  for (const [file, text] of tree) {
    const name = /^docs\/decisions\/([^/]+)$/.exec(file)?.[1];
    if (name === undefined || name === 'README.md') continue;
    const number = /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1];
    if (number === undefined) {
      problems.push({ file, message: 'is no decision: name it NNNN-title.md' });
      continue;
    }
    const other = numbers.get(number);
    if (other !== undefined)
      problems.push({ file, message: `has the number of ${other}: take the next free one` });
    numbers.set(number, name);
    if (!/^# \S/.test(text)) problems.push({ file, line: 1, message: 'begins with no title: write `# ...`' });
    // A paragraph begins with its name in bold: **Situation.** and then what it was.
    const found = [...text.matchAll(/^\*\*([A-Z][a-z]+)\.\*\*[ \t]*(.*)/gm)];
    const wanted = DECISION_SECTIONS.join(', ');
    if (found.map(([, section]) => section).join(', ') !== wanted) {
      problems.push({
        file,
        message: `needs the paragraphs ${wanted}, in this order: see docs/decisions/README.md`,
      });
    }
    for (const { index, 1: section = '', 2: words = '' } of found) {
      if (words.trim() === '')
        problems.push({ file, line: lineAt(text, index), message: `${section} is empty` });
    }
  }
  return problems;
}

/** Paths named in ARCHITECTURE.md must be there: a map of a house that was rebuilt leads astray. */
function paths(tree: Tree): Problem[] {
  const text = tree.get(ARCHITECTURE) ?? '';
  const known = new Set<string>();
  for (const path of tree.keys()) {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) known.add(parts.slice(0, length).join('/'));
  }
  const problems: Problem[] = [];
  for (const match of text.matchAll(/`((?:packages|scripts|docs|test|tools)\/[\w./-]*)`/g)) {
    const path = (match[1] ?? '').replace(/\/$/, '');
    if (known.has(path)) continue;
    const message = `names ${path}, which is not there: correct it`;
    problems.push({ file: ARCHITECTURE, line: lineAt(text, match.index), message });
  }
  return problems;
}
