import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from './bench.ts';
import { isInMemory, machineFacts } from './machine.ts';
import { type Options, readOptions, type SectionName, USAGE } from './options.ts';
import { configurationRemark } from './peers/leadglass.ts';
import { Report } from './report.ts';
import { findSection } from './sections/find.ts';
import { getSection } from './sections/get.ts';
import { memorySection } from './sections/memory.ts';
import { millionSection } from './sections/million.ts';
import { startSection } from './sections/start.ts';
import { storeSection } from './sections/store.ts';

const sections: Readonly<Record<SectionName, (bench: Bench) => Promise<void>>> = {
  start: startSection,
  memory: memorySection,
  store: storeSection,
  get: getSection,
  find: findSection,
  million: millionSection,
};

async function main(args: readonly string[]): Promise<void> {
  const options = readOptionsOrExplain(args);
  if (options === undefined) return;
  const report = new Report();
  const folder = mkdtempSync(join(tmpdir(), 'leadglass-bench-'));
  let bench: Bench | undefined;
  const cleanUp = (): void => {
    bench?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      cleanUp();
      process.exit(1);
    });
  }
  try {
    bench = await Bench.open(options, report, folder);
    report.machine(machineFacts(folder));
    if (isInMemory(folder)) {
      report.remark(
        `${tmpdir()} is memory: nothing was really synchronised. Set TMPDIR to a folder on a disk.`,
      );
    }
    report.remark('Peers run with TCP_NODELAY=1 in their environment unless a row says otherwise.');
    report.remark(configurationRemark);
    for (const name of options.sections) await sections[name](bench);
  } finally {
    cleanUp();
    report.finish(options.out ?? join(tmpdir(), `leadglass-bench-${Date.now()}.json`));
  }
}

/** Undefined when there is nothing to run: help was asked for, or the command line has a mistake. */
function readOptionsOrExplain(args: readonly string[]): Options | undefined {
  try {
    const options = readOptions(args);
    if (options === undefined) process.stdout.write(`${USAGE}\n`);
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}; --help explains\n`);
    process.exitCode = 2;
    return undefined;
  }
}

await main(process.argv.slice(2));
