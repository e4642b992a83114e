import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot, standardMissingReason } from './generate/tables.ts';
import { generatedFiles } from './generate.ts';

const missing = standardMissingReason();

describe(`generated files are what the tables give${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  for (const [path, render] of Object.entries(generatedFiles)) {
    test.skipIf(missing !== undefined)(path, () => {
      expect(
        readFileSync(join(projectRoot, path), 'utf8') === render(),
        `stale: run "npm run generate"`,
      ).toBe(true);
    });
  }
});
