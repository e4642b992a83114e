import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { dcmqrscp, storescp } from '../peers/dcmtk.ts';
import { orthancDefault } from '../peers/orthanc.ts';
import type { RunningPeer, Transport } from '../peers/peer.ts';
import { proportionalMiB, usageIsKnown } from '../process-usage.ts';
import { short } from '../report.ts';
import { type Comparison, printComparison, type Row, takeTurns } from './compare.ts';

const ASSOCIATIONS = [200, 500] as const;
/** For what was only needed while starting or opening to be given back. */
const SETTLE_MS = 2000;
const STORING = 8;

/** Memory when idle, with many associations that do nothing, and with a few that store large instances. */
export async function memorySection(bench: Bench): Promise<void> {
  if (!usageIsKnown) {
    bench.report.remark('No memory is measured: there is no /proc here.');
    return;
  }
  for (const transport of ['clear', 'TLS'] as const) {
    if (bench.options.transports.includes(transport)) await idleGroup(bench, transport);
  }
  await largeInstances(bench);
}

async function idleGroup(bench: Bench, transport: Transport): Promise<void> {
  const peers = bench.choose([bench.leadglass(), orthancDefault, storescp, dcmqrscp], transport);
  const rows: (readonly string[])[] = [];
  const data: Record<string, readonly number[]> = {};
  for (const peer of peers) {
    await bench.withPeers([peer], transport, async ([running]) => {
      if (running === undefined) return;
      await sleep(SETTLE_MS);
      const sizes = [proportionalMiB(running.process.pid)];
      const answered: number[] = [];
      for (const associations of ASSOCIATIONS) {
        const [size, done] = await withAssociations(bench, running, associations);
        sizes.push(size);
        answered.push(done);
      }
      rows.push([peer.label, ...sizes.map(short), answered.join(', ')]);
      data[peer.key] = sizes;
    });
  }
  bench.report.table({
    title: `Memory (PSS with children), ${transport}, MiB`,
    columns: [
      'peer',
      'idle',
      ...ASSOCIATIONS.map((count) => `${count} associations`),
      'of them answer C-ECHO',
    ],
    rows,
    data,
  });
}

async function withAssociations(
  bench: Bench,
  { process, target }: RunningPeer,
  associations: number,
): Promise<[number, number]> {
  try {
    await bench.client.prepare({ kind: 'hold', target, associations });
  } catch (error) {
    bench.report.note(`${associations} associations: ${String(error)}`);
    return [NaN, 0];
  }
  const { done } = await bench.client.run();
  await sleep(SETTLE_MS);
  const size = proportionalMiB(process.pid);
  await bench.client.finish();
  return [size, done];
}

/** Each association stores one instance of 200 MB, all at the same time. */
async function largeInstances(bench: Bench): Promise<void> {
  const [transport = 'clear'] = (['TLS', 'clear'] as const).filter((each) =>
    bench.options.transports.includes(each),
  );
  const peers = bench.choose([bench.leadglass(), orthancDefault, storescp], transport);
  const comparison: Comparison = {
    unit: 'instance',
    rounds: 1,
    warmUps: 0,
    measurements: [
      {
        title: `C-STORE of multi-frame instances of 200 MB, ${transport}, ${STORING} associations: peak memory counts`,
        job: ({ target }) => ({
          kind: 'store',
          target,
          associations: STORING,
          data: 'multi-frame',
          run: bench.nextRun(),
          count: STORING,
          instancesPerStudy: 1,
        }),
      },
    ],
  };
  const rows: Row[] = [];
  for (const peer of peers) {
    await bench.withPeers([peer], transport, async (running) => {
      rows.push(...(await takeTurns(bench, running, comparison)));
    });
  }
  printComparison(bench, comparison, rows);
}
