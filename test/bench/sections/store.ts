import type { Bench } from '../bench.ts';
import type { DataKind } from '../data/template.ts';
import { dcmqrscp, storescp, storescpAsShipped, storescpIgnore } from '../peers/dcmtk.ts';
import { orthancAsShipped, orthancDefault, orthancTuned } from '../peers/orthanc.ts';
import type { Peer, Transport } from '../peers/peer.ts';
import { withProfile } from '../profile.ts';
import { compare } from './compare.ts';

interface Plan {
  readonly data: DataKind;
  readonly name: string;
  readonly instancesPerStudy: number;
  /** Instances by number of associations. */
  readonly counts: readonly (readonly [associations: number, count: number])[];
  readonly peers: readonly Peer[];
}

const both = [orthancDefault, orthancTuned, storescp];

// dcmqrscp has one index file for a storage area and breaks at some five hundred studies: few CT studies are what it can take.
const plans: readonly Plan[] = [
  {
    data: 'CT',
    name: 'CT of 0.525 MB',
    instancesPerStudy: 100,
    counts: [
      [1, 300],
      [8, 640],
    ],
    peers: [...both, dcmqrscp, storescpIgnore],
  },
  {
    data: 'DX',
    name: 'DX of 10.5 MB',
    instancesPerStudy: 2,
    counts: [
      [1, 16],
      [8, 40],
    ],
    peers: both,
  },
  {
    data: 'SR',
    name: 'SR of 3 KB',
    instancesPerStudy: 10,
    counts: [
      [1, 1500],
      [8, 3000],
    ],
    peers: both,
  },
];

/** With --quick, so much less of everything. */
const QUICK_DIVISOR = 3;
/** 44 ms each with Nagle's algorithm on: more would only take longer. */
const AS_SHIPPED_COUNT = 25;

/** C-STORE, clear against clear and TLS against TLS. */
export async function storeSection(bench: Bench): Promise<void> {
  const wanted = plans.filter(({ data }) => bench.options.data.includes(data));
  for (const plan of wanted) {
    for (const transport of ['clear', 'TLS'] as const) {
      if (bench.options.transports.includes(transport)) await storeGroup(bench, plan, transport);
    }
  }
  if (bench.options.data.includes('CT')) await asShipped(bench);
}

async function storeGroup(bench: Bench, plan: Plan, transport: Transport): Promise<void> {
  const { quick, rounds } = bench.options;
  await withProfile(bench, `store-${plan.data}-${transport}`, async (profileFolder) => {
    const peers = bench.choose([bench.leadglass(profileFolder), ...plan.peers], transport);
    await bench.withPeers(peers, transport, (running) =>
      compare(bench, running, {
        unit: 'instance',
        rounds,
        warmUps: 1,
        measurements: plan.counts.map(([associations, count]) => ({
          title: `C-STORE ${plan.name}, ${transport}, ${associations} association${associations > 1 ? 's' : ''}`,
          job: ({ target }) => ({
            kind: 'store',
            target,
            associations,
            data: plan.data,
            run: bench.nextRun(),
            count: quick ? Math.ceil(count / QUICK_DIVISOR) : count,
            instancesPerStudy: plan.instancesPerStudy,
          }),
        })),
      }),
    );
  });
}

/** The peers without TCP_NODELAY in their environment, as their packages start them. */
async function asShipped(bench: Bench): Promise<void> {
  const peers = bench.choose([bench.leadglass(), orthancAsShipped, storescpAsShipped], 'clear');
  await bench.withPeers(peers, 'clear', (running) =>
    compare(bench, running, {
      unit: 'instance',
      rounds: Math.min(3, bench.options.rounds),
      warmUps: 1,
      measurements: [
        {
          title: 'C-STORE CT of 0.525 MB, peers as shipped (no TCP_NODELAY), clear, 1 association',
          job: ({ target }) => ({
            kind: 'store',
            target,
            associations: 1,
            data: 'CT',
            run: bench.nextRun(),
            count: AS_SHIPPED_COUNT,
            instancesPerStudy: AS_SHIPPED_COUNT,
          }),
        },
      ],
    }),
  );
}
