import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot, standardMissingReason } from './generate/tables.ts';
import { queryKeysFile, renderQueryKeys } from './generate-query-keys.ts';

const missing = standardMissingReason();

test.skipIf(missing !== undefined)(
  `${queryKeysFile} is what the tables give${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    const held = readFileSync(join(projectRoot, queryKeysFile), 'utf8');
    expect(held === renderQueryKeys(), 'stale: run "node scripts/generate-query-keys.ts"').toBe(true);
  },
);
