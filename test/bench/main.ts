import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from './bench.ts';
import { machineFacts } from './machine.ts';
import { readOptions, type SectionName, USAGE } from './options.ts';
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

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const report = new Report();
  const bench = await Bench.open(options, report);
  const stopped = (): void => {
    bench.close();
    process.exit(1);
  };
  process.once('SIGINT', stopped);
  process.once('SIGTERM', stopped);
  try {
    report.machine(machineFacts(bench.folder));
    report.remark('Peers run with TCP_NODELAY=1 in their environment unless a row says otherwise.');
    report.remark(configurationRemark);
    for (const name of options.sections) await sections[name](bench);
  } finally {
    bench.close();
    report.finish(options.out ?? join(tmpdir(), `leadglass-bench-${Date.now()}.json`));
  }
}

await main();
