#!/usr/bin/env -S node --max-semi-space-size=4 --initial-old-space-size=96 --heap-growing-percent=40
/**
 * The command `leadglass-auditor`: the one place that wires the auditor to the process it runs in. With V8's usual
 * sizes a national run takes twice the memory and is no faster: most of what it makes is gone a moment later.
 */
import { createRequire, enableCompileCache } from 'node:module';

// Before anything else is loaded: the second start then need not compile again.
enableCompileCache();

const { runCommandLine } = await import('./cli/commands.ts');
const { systemResolver } = await import('./scope/index.ts');

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
  // Whoever presses it twice does not want to wait for the report either.
  process.once('SIGINT', () => process.exit(130));
});
process.once('SIGTERM', () => stop.abort());

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version,
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY,
  signal: stop.signal,
  resolver: systemResolver(),
  environment: process.env,
  fail: () => {},
});
