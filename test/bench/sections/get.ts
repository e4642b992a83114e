import type { Bench } from '../bench.ts';
import { studyUID } from '../data/uids.ts';
import { dcmqrscp } from '../peers/dcmtk.ts';
import { orthancDefault, orthancTuned } from '../peers/orthanc.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { withProfile } from '../profile.ts';
import { compare } from './compare.ts';

const INSTANCES = 200;
/** Clients, and how often each fetches the study in one measurement. */
const loads = [
  [1, 3],
  [8, 2],
] as const;
const LOADING_ASSOCIATIONS = 1;

/** C-GET of a study of 200 CT. */
export async function getSection(bench: Bench): Promise<void> {
  for (const transport of ['clear', 'TLS'] as const) {
    if (!bench.options.transports.includes(transport)) continue;
    await withProfile(bench, `get-${transport}`, async (profileFolder) => {
      const everybody = [bench.leadglass(profileFolder), orthancDefault, orthancTuned, dcmqrscp];
      await bench.withPeers(bench.choose(everybody, transport), transport, async (running) => {
        const run = bench.nextRun();
        for (const peer of running) await load(bench, peer, run);
        const studyInstanceUID = studyUID({ run, association: 0, study: 0, instance: 0 });
        await compare(bench, running, {
          unit: 'instance',
          rounds: bench.options.rounds,
          warmUps: 1,
          measurements: loads.map(([associations, repeat]) => ({
            title: `C-GET of ${INSTANCES} CT, ${transport}, ${associations} client${associations > 1 ? 's' : ''}`,
            job: ({ target }) => ({ kind: 'get', target, associations, studyInstanceUID, repeat }),
          })),
        });
      });
    });
  }
}

/** @throws Error when a peer does not take the study: nothing that follows would mean anything */
async function load(bench: Bench, peer: RunningPeer, run: number): Promise<void> {
  const { result } = await bench.measure(peer, {
    kind: 'store',
    target: peer.target,
    associations: LOADING_ASSOCIATIONS,
    data: 'CT',
    run,
    count: INSTANCES,
    instancesPerStudy: INSTANCES,
  });
  if (result.done !== INSTANCES) {
    throw new Error(
      `${peer.peer.label} stored ${result.done} of ${INSTANCES}: ${JSON.stringify(result.failures)}`,
    );
  }
}
