import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checks } from './index.ts';
import { allMetas } from '../cli/all-metas.ts';

const folder = new URL('.', import.meta.url);
const folders = readdirSync(folder).filter((name) => statSync(new URL(name, folder)).isDirectory());

/** Ids of the groups that are complete: the catalogue has so many of each. */
const COMPLETE_GROUPS: readonly (readonly [string, number])[] = [
  ['D', 25],
  ['T', 10],
  ['W', 18],
  ['S', 7],
  ['X', 10],
  ['P', 11],
  ['G', 3],
];

/** Titles of tests, and of rows of `test.each`, that show the check firing, and of those that show it silent. */
const FIRES = /(?:test(?:\.\w+)?\(|\]\)\(|\[)\s*['"`][^'"`]*\bexposed\b/;
const SILENT =
  /(?:test(?:\.\w+)?\(|\]\)\(|\[)\s*['"`][^'"`]*\b(protected|not applicable|notApplicable|inconclusive|silent)\b/;

describe('the catalogue', () => {
  test('ids are unique and in the order of the catalogue', () => {
    const ids = allMetas.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [letter, count] of COMPLETE_GROUPS) {
      const wanted = Array.from(
        { length: count },
        (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`,
      );
      expect(ids.filter((id) => id.startsWith(letter))).toEqual(wanted);
    }
  });

  test('every check that runs stands in the manual', () => {
    for (const { meta } of checks) expect(allMetas).toContain(meta);
  });

  test('every folder is a check of the catalogue and the other way round', () => {
    expect(allMetas.map(({ name }) => name).sort()).toEqual(folders.sort());
  });
});

describe.each(allMetas.map((meta) => [meta.id, meta] as const))('%s', (_id, meta) => {
  test('its description is complete', () => {
    const { question, title, sends, proof, why, fix, score } = meta;
    for (const text of [question, title, sends, proof, why, fix]) expect(text.length).toBeGreaterThan(10);
    expect(question).toMatch(/\?$/);
    expect(score >= 0 && score <= 10).toBe(true);
    // Information only needs no reference and no fix by code.
    if (score > 0) {
      expect(meta.references.length).toBeGreaterThan(0);
      expect(meta.fixes.length).toBeGreaterThan(0);
    }
  });

  test('its test shows it firing and silent', () => {
    const path = new URL(`${meta.name}/check.test.ts`, folder);
    expect(existsSync(path)).toBe(true);
    const text = readFileSync(path, 'utf8');
    // Checks of files say it with a helper instead of a title.
    const isAboutFiles = meta.group === 'files';
    expect(text).toMatch(isAboutFiles ? /exposedBy\(/ : FIRES);
    expect(text).toMatch(isAboutFiles ? /toEqual\(\[\]\)/ : SILENT);
  });
});
