import type { Bench } from '../bench.ts';
import { dcmqrscp, storescp } from '../peers/dcmtk.ts';
import { orthancDefault } from '../peers/orthanc.ts';
import type { Transport } from '../peers/peer.ts';
import { range, ratioOf } from '../report.ts';
import { summarise } from '../statistics.ts';

/** From the start of the process, its shell script included, to the first C-ECHO that succeeds; on an empty store. */
export async function startSection(bench: Bench): Promise<void> {
  for (const transport of ['clear', 'TLS'] as const) {
    if (bench.options.transports.includes(transport)) await startGroup(bench, transport);
  }
}

async function startGroup(bench: Bench, transport: Transport): Promise<void> {
  const peers = bench.choose([bench.leadglass(), orthancDefault, storescp, dcmqrscp], transport);
  const times = new Map(peers.map((peer): [string, number[]] => [peer.key, []]));
  // The first round counts for nobody: files come from the disk, and compiled code is kept for the next start.
  for (let round = -1; round < bench.options.rounds; round++) {
    for (const peer of peers) {
      await bench.withPeers([peer], transport, ([running]) => {
        if (round >= 0 && running !== undefined) times.get(peer.key)?.push(running.firstEchoMs);
        return Promise.resolve();
      });
    }
  }
  const ours = times.get('leadglass');
  bench.report.table({
    title: `Start to first C-ECHO, empty store, ${transport}, ${bench.options.rounds} rounds`,
    columns: ['peer', 'ms median (min-max)', 'Leadglass/peer'],
    rows: peers.map(({ key, label }) => {
      const theirs = times.get(key) ?? [];
      const ratio = ours === undefined || key === 'leadglass' ? '' : ratioOf(ours, theirs);
      return [label, range(summarise(theirs)), ratio];
    }),
    data: Object.fromEntries(times),
  });
}
