import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checksManual } from './checks-manual.ts';

test('docs/reference/checks.md is what the checks say (node scripts/generate-docs.ts)', () => {
  const path = new URL('../../../../docs/reference/checks.md', import.meta.url);
  expect(readFileSync(path, 'utf8')).toBe(checksManual());
});
