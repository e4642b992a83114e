import type { Bench } from '../bench.ts';
import type { Job } from '../client/jobs.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { failuresOf, range, ratioOf, type Sample, short } from '../report.ts';
import { summarise } from '../statistics.ts';

export type Unit = 'instance' | 'query' | 'request' | 'study';
const plurals: Readonly<Record<Unit, string>> = {
  instance: 'instances',
  query: 'queries',
  request: 'requests',
  study: 'studies',
};

export interface Measurement {
  readonly title: string;
  /** What is counted, when it is not what the others count. */
  readonly unit?: Unit;
  /** For a peer; new for each sample, so that nothing is stored twice. */
  readonly job: (running: RunningPeer) => Job;
}

export interface Comparison {
  /** What is counted. */
  readonly unit: Unit;
  readonly measurements: readonly Measurement[];
  readonly rounds: number;
  /** Rounds before those that count. */
  readonly warmUps: number;
}

/** Lets peers take turns, A B C A B C, and prints a table for each measurement. */
export async function compare(
  bench: Bench,
  running: readonly RunningPeer[],
  comparison: Comparison,
): Promise<void> {
  printComparison(bench, comparison, await takeTurns(bench, running, comparison));
}

/** Samples of one measurement of one peer. */
export interface Row {
  readonly title: string;
  readonly peer: Peer;
  readonly samples: readonly Sample[];
}

export async function takeTurns(
  bench: Bench,
  running: readonly RunningPeer[],
  { measurements, rounds, warmUps }: Comparison,
): Promise<Row[]> {
  const rows = measurements.flatMap(({ title, job }) =>
    running.map((peer) => ({ title, job, running: peer, peer: peer.peer, samples: new Array<Sample>() })),
  );
  for (let round = -warmUps; round < rounds; round++) {
    for (const peer of running) {
      // A peer does all its measurements in its turn, one after the other, and finds the memory others found.
      bench.fillMemory();
      for (const { title, job, samples } of rows.filter((row) => row.running === peer)) {
        const sample = await bench.measure(peer, job(peer));
        if (round >= 0) samples.push(sample);
        const what = `${round < 0 ? 'warm-up' : `round ${round + 1}`} ${peer.peer.label}, ${title}`;
        bench.report.note(`${what}: ${short(rateOf(sample))}/s ${failuresOf([sample])}`);
      }
    }
  }
  return rows;
}

export function printComparison(bench: Bench, comparison: Comparison, rows: readonly Row[]): void {
  for (const measurement of comparison.measurements) {
    const measured = rows.filter((row) => row.title === measurement.title);
    print(bench, comparison, measurement, measured);
  }
  const peers = new Map(rows.map((row) => [row.peer, row]));
  for (const row of peers.values()) bench.report.say(`  ${conditionsOf(row)}`);
}

/** What a peer does for its figures: who synchronises, who encrypts, and how it was spoken to. */
function conditionsOf({ peer, samples }: Row): string {
  const { transport, maximumLength } = samples[0]?.result ?? { transport: '?', maximumLength: 0 };
  const pdus = maximumLength === 0 ? '' : `; PDUs up to ${maximumLength} bytes`;
  return `${peer.label}: on Success ${peer.durability}; ${peer.atRest} at rest; ${transport}${pdus}`;
}

const rateOf = ({ result }: Sample): number => (result.done / result.elapsedMs) * 1000;

function print(
  bench: Bench,
  { unit: common, rounds }: Comparison,
  { title, unit = common }: Measurement,
  rows: readonly Row[],
): void {
  const ours = rows.find(({ peer }) => peer.key === 'leadglass')?.samples.map(rateOf);
  const cells = rows.map(({ peer, samples }) => {
    const rates = samples.map(rateOf);
    const of = (value: (sample: Sample) => number): number => summarise(samples.map(value)).median;
    return [
      peer.label,
      range(summarise(rates)),
      unit === 'query' ? '-' : short(of(({ result }) => result.bytes / 1e3 / result.elapsedMs)),
      `${short(of(({ result }) => result.latencyP50))}/${short(of(({ result }) => result.latencyP95))}`,
      short(of(({ result, usage }) => usage.cpuMs / result.done)),
      short(of(({ result, usage }) => usage.cpuMs / result.elapsedMs)),
      short(of(({ usage }) => usage.peakMiB)),
      ours === undefined || peer.key === 'leadglass' ? '' : ratioOf(ours, rates),
      failuresOf(samples),
    ];
  });
  bench.report.table({
    title: `${title}, ${rounds} round${rounds === 1 ? '' : 's'}`,
    columns: [
      'peer',
      `${plurals[unit]}/s median (min-max)`,
      'MB/s',
      'ms p50/p95',
      `CPU ms/${unit}`,
      'cores',
      'peak MiB',
      'Leadglass/peer',
      'failures',
    ],
    rows: cells,
    data: rows.map(({ peer, samples }) => ({ peer: peer.key, samples })),
  });
}
