import { describe, expect, test } from 'vitest';
import { checks, describeProblem, projectRoot } from './tidy.ts';
import { readArrowMap } from './tidy/arrow-map.ts';
import { DECISION_SECTIONS } from './tidy/check-documents.ts';
import { readTree } from './tidy/tree.ts';

describe('the tree is tidy', () => {
  const tree = readTree(projectRoot);
  for (const [question, check] of Object.entries(checks)) {
    test(question, () => {
      expect(check(tree).map(describeProblem)).toEqual([]);
    });
  }
});

describe('the arrow map keeps the laws of the house', () => {
  const { map } = readArrowMap(readTree(projectRoot));
  const doors = ['dimse', 'dicomweb', 'gateway', 'admin'].map((room) => `server/${room}`);
  const below = ['archive', 'identity', 'audit-trail', 'demo'].map((room) => `server/${room}`);
  const allowedTo = (who: string): string[] => [...(map.get(who) ?? [])];

  test('one way in: doors import neither each other, nor the archive, nor who decides and records', () => {
    const forbidden = [...doors, 'server/archive', 'server/access', 'server/audit-trail'];
    for (const door of doors) expect(allowedTo(door).filter((name) => forbidden.includes(name))).toEqual([]);
  });

  test('only what wires imports the doors, the configuration and the commands', () => {
    const wired = [...doors, 'server/config', 'server/cli', 'server/main'];
    const importers = [...map.keys()].filter((who) => allowedTo(who).some((name) => wired.includes(name)));
    expect(importers.sort()).toEqual(['server/cli', 'server/main']);
  });

  test('what is held, who calls and what happened know of no other room and no network', () => {
    for (const room of below) expect(allowedTo(room).filter((name) => name !== 'dicom')).toEqual([]);
    expect(allowedTo('dicom')).toEqual([]);
    expect(allowedTo('deid')).toEqual(['dicom']);
  });
});

const architecture = [
  '# Architecture',
  '```arrows',
  'dicom:',
  'network: dicom',
  'server/archive: dicom',
  'server/operations: dicom, archive',
  'server/dimse: network, operations',
  'server/main: archive, operations, dimse',
  '```',
].join('\n');

/** Problems of a tree that is tidy but for these files. */
function problemsWith(files: Record<string, string>): string[] {
  const room = (name: string): [string, string] => [`packages/server/src/${name}/README.md`, '# A room'];
  const tree = new Map<string, string>([
    ['ARCHITECTURE.md', architecture],
    ['package.json', '{"devDependencies": {"vitest": "1"}}'],
    ['packages/dicom/package.json', '{}'],
    ['packages/server/package.json', '{"dependencies": {"@leadglass/network": "1", "kysely": "1"}}'],
    room('archive'),
    room('operations'),
    room('dimse'),
    ['packages/server/src/main.ts', "import '../src/dimse/door.ts';\n"],
    ['packages/server/src/archive/archive.ts', "import { sql } from 'kysely';\n"],
    ['packages/server/src/operations/store.ts', "import { Archive } from '../archive/archive.ts';\n"],
    [
      'packages/server/src/dimse/door.ts',
      "import { pdu } from '@leadglass/network';\nimport '../operations/store.ts';\n",
    ],
    ...Object.entries(files),
  ]);
  return Object.values(checks).flatMap((check) => check(tree).map(describeProblem));
}

const door = 'packages/server/src/dimse/door.ts';
const doorText = "import { pdu } from '@leadglass/network';\nimport '../operations/store.ts';\n";

describe('tidy finds', () => {
  test('nothing in a tree that is tidy', () => {
    expect(problemsWith({})).toEqual([]);
  });

  test.each([
    ['a value', "import { Archive } from '../archive/archive.ts';\n"],
    ['a type alone', "import type { Archive } from '../archive/archive.ts';\n"],
    ['a re-export over lines', "export {\n  Archive,\n} from '../archive/archive.ts';\n"],
    ['a dynamic import', "const { Archive } = await imp|ort('../archive/archive.ts');\n"],
    ['a worker', "new Worker(new U|RL('../archive/archive.ts', import.meta.url));\n"],
  ])('a door that imports the archive: %s', (_, text) => {
    // The bars keep tidy from taking these lines for imports of this file.
    expect(problemsWith({ [door]: doorText + text.replace('|', '') })).toEqual([
      expect.stringContaining(`${door}:3 server/dimse may not import server/archive`),
    ]);
  });

  test('a room the map does not have, and arrows in a circle', () => {
    const found = problemsWith({
      'packages/server/src/cellar/README.md': '# Cellar',
      'packages/server/src/cellar/index.ts': 'export {};\n',
    });
    expect(found).toContainEqual(expect.stringContaining('has no line for server/cellar'));
    const circular = architecture.replace('server/archive: dicom', 'server/archive: dicom, dimse');
    expect(problemsWith({ 'ARCHITECTURE.md': circular })).toContainEqual(
      expect.stringContaining('arrows lead from server/archive back to server/archive'),
    );
  });

  test('a way round a package, and a name the map does not know', () => {
    const text = `${doorText}import '../../../dicom/src/index.ts';\n`;
    expect(problemsWith({ [door]: text, 'packages/dicom/src/index.ts': '' })).toEqual([
      expect.stringContaining('outside its package'),
    ]);
    expect(
      problemsWith({ 'ARCHITECTURE.md': architecture.replace('network: dicom', 'network: dicum') }),
    ).toEqual([expect.stringContaining('ARCHITECTURE.md:4 names dicum')]);
  });

  test('dependencies that are not declared, and declared ones that are not used', () => {
    const found = problemsWith({
      'packages/server/package.json': '{"dependencies": {"@leadglass/network": "1", "zod": "1"}}',
    });
    expect(found).toEqual([
      expect.stringContaining('imports kysely, which packages/server/package.json does not declare'),
      expect.stringContaining('declares zod, which nothing imports'),
    ]);
  });

  test('Node.js in a package for every runtime, but not in its tests, comments or ArrayBuffer', () => {
    const index = "import fs from 'node:fs';\n// Buffer\nnew ArrayBuffer(1);\nBuffer.from('');\n";
    const found = problemsWith({
      'packages/dicom/src/index.ts': index,
      'packages/dicom/src/a.test.ts': "import 'node:fs';\nimport 'vitest';\n",
    });
    expect(found.map((line) => line.split(':')[1]?.split(' ')[0])).toEqual(['1', '4']);
  });

  test('circles of files, unless only types go round', () => {
    const archive = (how: string): Record<string, string> => ({
      'packages/server/src/archive/archive.ts': "import 'kysely';\nimport { b } from './b.ts';\n",
      'packages/server/src/archive/b.ts': `${how} { a } from './archive.ts';\n`,
    });
    expect(problemsWith(archive('import'))).toEqual([expect.stringContaining('imports in a circle')]);
    expect(problemsWith(archive('import type'))).toEqual([]);
  });

  test('imports of nothing, files nobody imports and files only tests import', () => {
    const found = problemsWith({
      [door]: `${doorText}import './gone.ts';\n`,
      'packages/server/src/dimse/alone.ts': '',
      'packages/server/src/dimse/tested.ts': '',
      'packages/server/src/dimse/a.test.ts': "import './tested.ts';\nimport './testing/peer.ts';\n",
      'packages/server/src/dimse/testing/peer.ts': '',
    });
    expect(found).toEqual([
      expect.stringContaining(`${door}:3 imports ./gone.ts, which is not there`),
      expect.stringContaining('alone.ts is imported by nobody'),
      expect.stringContaining('tested.ts is imported by tests alone'),
    ]);
  });

  test('a room without a README, and one with too long a README', () => {
    const long = 'line\n'.repeat(100);
    expect(problemsWith({ 'packages/server/src/dimse/README.md': long })).toEqual([
      expect.stringContaining('has 100 lines'),
    ]);
    const found = problemsWith({
      [door]: `${doorText}import '@leadglass/dicom';\n`,
      'packages/dicom/src/text/text.test.ts': '',
    });
    expect(found).toContainEqual(expect.stringContaining('packages/dicom/src/text/README.md is missing'));
  });

  test('a decision that lacks a paragraph, has an empty one, or shares its number', () => {
    const whole = `# Title\n\n${DECISION_SECTIONS.map((name) => `**${name}.** Text.\n`).join('\n')}`;
    expect(problemsWith({ 'docs/decisions/0001-a.md': whole })).toEqual([]);
    expect(
      problemsWith({
        'docs/decisions/0001-a.md': whole,
        'docs/decisions/0001-b.md': whole.replace('**Rejected.** Text.\n', ''),
        'docs/decisions/0002-c.md': whole.replace('**Where.** Text.', '**Where.**'),
        'docs/decisions/other.md': whole,
      }),
    ).toEqual([
      expect.stringContaining('has the number of 0001-a.md'),
      expect.stringContaining('0001-b.md needs the paragraphs Situation, Choice'),
      expect.stringContaining('Where is empty'),
      expect.stringContaining('other.md is no decision'),
    ]);
  });

  test('paths in ARCHITECTURE.md that are not there', () => {
    const text = `${architecture}\n\`packages/server/src/main.ts\` \`packages/server/src/gone.ts\`\n`;
    expect(problemsWith({ 'ARCHITECTURE.md': text })).toEqual([
      expect.stringContaining('names packages/server/src/gone.ts'),
    ]);
  });

  // Split, so that these lines are tidy themselves.
  const join = (...parts: string[]): string => parts.join('');
  test.each([
    join('// TO', 'DO later'),
    join('const x = y as ', 'any;'),
    join('/* eslint-', 'disable */'),
    join('// @ts-', 'ignore'),
    join('test.on', 'ly(1)'),
    join('// see /wor', 'k/shared'),
    join('// in an earlier ses', 'sion'),
    join('// see issue', ' #12'),
  ])('words out of place: %s', (text) => {
    expect(problemsWith({ [door]: `${doorText}${text}\n` })).toEqual([
      expect.stringContaining(`${door}:3 has "`),
    ]);
  });

  test.each([
    '// resumes the TLS session',
    '// as any other would',
    '/** Sessions end here. */',
    '// the workshop',
  ])('no fault with words in their place: %s', (text) => {
    expect(problemsWith({ [door]: `${doorText}${text}\n` })).toEqual([]);
  });
});
