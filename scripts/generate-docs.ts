/** Writes the parts of docs/reference that come from code. With --check: exit 1 if one is stale, write nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checksManual } from '../packages/auditor/src/cli/checks-manual.ts';
import { configurationManual } from '../packages/server/src/config/manual.ts';
import { conformanceStatement } from './conformance/statement.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Path from the root, and what writes it. */
export const GENERATED_DOCS: readonly (readonly [path: string, generate: () => string])[] = [
  ['docs/reference/checks.md', checksManual],
  ['docs/reference/configuration.md', configurationManual],
  ['docs/reference/conformance.md', conformanceStatement],
];

if (import.meta.main) {
  for (const [path, generate] of GENERATED_DOCS) {
    const text = generate();
    if (!process.argv.includes('--check')) {
      writeFileSync(root + path, text);
    } else if (readFileSync(root + path, 'utf8') !== text) {
      console.error(`stale: ${path}; run node scripts/generate-docs.ts`);
      process.exitCode = 1;
    }
  }
}
