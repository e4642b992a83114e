import { enableCompileCache } from 'node:module';

// Before anything else is loaded: the second start then need not compile again.
enableCompileCache();

const { buildProgram } = await import('./cli/program.ts');
const { operatorPort, rebuildIndex, startServer } = await import('./wiring.ts');

const program = buildProgram(
  {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  },
  { startServer, operatorPort, rebuildIndex },
);
await program.parseAsync(process.argv);
