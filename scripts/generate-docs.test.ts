import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conformanceStatement } from './conformance/statement.ts';

const committed = readFileSync(join(import.meta.dirname, '../docs/reference/conformance.md'), 'utf8');

describe('docs/reference/conformance.md', () => {
  test('is what the code does (node scripts/generate-docs.ts)', () => {
    expect(committed).toBe(conformanceStatement());
  });

  test('has the sections of PS3.2 Annex A, every cell filled from somewhere', () => {
    const sections = [...committed.matchAll(/^## (\d) (.+)$/gm)].map(([, number]) => number);
    expect(sections).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(committed).not.toMatch(/undefined|NaN|\[object|unnamed|\| \? \|/);
  });

  test('tables have as many cells in every row as in their head', () => {
    for (const block of committed.split(/\n\n/).filter((text) => text.startsWith('| '))) {
      const counts = block
        .trim()
        .split('\n')
        .map((line) => line.split(/(?<!\\)\|/).length);
      expect(new Set(counts).size, block.slice(0, 80)).toBe(1);
    }
  });
});
