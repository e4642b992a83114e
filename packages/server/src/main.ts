import { enableCompileCache, flushCompileCache } from 'node:module';
import type { Wiring } from './cli/archive-access.ts';

// Before anything else is loaded: the second start then need not compile again.
enableCompileCache();

const { buildProgram } = await import('./cli/program.ts');
const { confirmer } = await import('./cli/confirm.ts');

/** What was compiled is kept while nobody waits for it, and not only at an orderly end. */
const COMPILE_CACHE_AFTER_MS = 2_000;
setTimeout(() => flushCompileCache(), COMPILE_CACHE_AFTER_MS).unref();

/** Only for commands that open the archive: a list of devices needs none of it. */
const load = () => import('./wiring.ts');
const wiring: Wiring = {
  startServer: async (...given) => (await load()).startServer(...given),
  operatorPort: async (...given) => (await load()).operatorPort(...given),
  rebuildIndex: async (...given) => (await load()).rebuildIndex(...given),
};

const args = process.argv.slice(2);
const program = await buildProgram(
  args,
  {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    ...confirmer(process.stdin, process.stderr),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  },
  wiring,
);
await program.parseAsync(args, { from: 'user' });
