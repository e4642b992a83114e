import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from './bench.ts';
import { isInMemory, machineFacts } from './machine.ts';
import { type Options, readOptions, type SectionName, USAGE } from './options.ts';
import { configurationRemark } from './peers/leadglass.ts';
import { Report } from './report.ts';
import { auditSection } from './sections/audit.ts';
import { framesSection } from './sections/frames.ts';
import { getSection } from './sections/get.ts';
import { memorySection } from './sections/memory.ts';
import { millionSection } from './sections/million.ts';
import { millionWebSection } from './sections/million-web.ts';
import { soakSection } from './sections/soak.ts';
import { startSection } from './sections/start.ts';
import { storeSection } from './sections/store.ts';
import { studiesSection } from './sections/studies.ts';
import { webSection } from './sections/web.ts';

const sections: Readonly<Record<SectionName, (bench: Bench) => Promise<void>>> = {
  start: startSection,
  memory: memorySection,
  store: storeSection,
  get: getSection,
  web: webSection,
  frames: framesSection,
  find: studiesSection,
  qido: studiesSection,
  million: millionSection,
  'million-web': millionWebSection,
  soak: soakSection,
  audit: auditSection,
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
    // Two that share what they load are one.
    for (const section of new Set(options.sections.map((name) => sections[name]))) await section(bench);
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
