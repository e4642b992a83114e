#!/usr/bin/env node
/** The command `leadglass-auditor`: the one place that wires the auditor to the process it runs in. */
import { createRequire } from 'node:module';
import { runCommandLine } from './cli/commands.ts';
import { systemResolver } from './scope/index.ts';

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
