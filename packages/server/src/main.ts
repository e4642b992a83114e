import { enableCompileCache, flushCompileCache } from 'node:module';

// Before anything else is loaded: the second start then need not compile again.
enableCompileCache();

const { buildProgram } = await import('./cli/program.ts');
const { operatorPort, rebuildIndex, startServer } = await import('./wiring.ts');
const { confirmer } = await import('./cli/confirm.ts');

/** What was compiled is kept while nobody waits for it, and not only at an orderly end. */
const COMPILE_CACHE_AFTER_MS = 2_000;
setTimeout(() => flushCompileCache(), COMPILE_CACHE_AFTER_MS).unref();

const program = buildProgram(
  {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    ...confirmer(process.stdin, process.stderr),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  },
  { startServer, operatorPort, rebuildIndex },
);
await program.parseAsync(process.argv);
