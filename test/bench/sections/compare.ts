import type { Bench } from '../bench.ts';
import type { Job } from '../client/jobs.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { failuresOf, range, ratioOf, type Sample, short } from '../report.ts';
import { summarise } from '../statistics.ts';

export type Unit = 'instance' | 'query';
const plurals: Readonly<Record<Unit, string>> = { instance: 'instances', query: 'queries' };

export interface Comparison {
  /** What is counted. */
  readonly unit: Unit;
  /** Title of a measurement, and its job for a peer; new for each sample, so that nothing is stored twice. */
  readonly measurements: readonly { readonly title: string; readonly job: (running: RunningPeer) => Job }[];
  readonly rounds: number;
  /** Rounds before those that count. */
  readonly warmUps: number;
}

/** Lets peers take turns, A B C A B C, and prints a table for each measurement. */
export async function compare(bench: Bench, running: readonly RunningPeer[], comparison: Comparison): Promise<void> {
  const { measurements, rounds, warmUps } = comparison;
  const samples = new Map<string, Sample[]>();
  for (let round = -warmUps; round < rounds; round++) {
    for (const peer of running) {
      for (const { title, job } of measurements) {
        const sample = await bench.measure(peer, job(peer));
        const { result } = sample;
        bench.report.note(
          `${round < 0 ? 'warm-up' : `round ${round + 1}`} ${peer.peer.label}, ${title}: ${short(rateOf(sample))}/s` +
            (result.done === 0 ? ` ${failuresOf([sample])}` : ''),
        );
        const key = `${title} ${peer.peer.key}`;
        if (round >= 0) samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
    }
  }
  let latest: Row[] = [];
  for (const { title } of measurements) {
    const rows = running.map((peer) => ({ peer, samples: samples.get(`${title} ${peer.peer.key}`) ?? [] }));
    print(bench, title, comparison.unit, rows);
    latest = rows;
  }
  for (const row of latest) bench.report.say(`  ${conditionsOf(row)}`);
}

/** What a peer does for its figures: who synchronises, who encrypts, and how it was spoken to. */
function conditionsOf({ peer: { peer }, samples }: Row): string {
  const { transport, maximumLength } = samples[0]?.result ?? { transport: '?', maximumLength: 0 };
  return `${peer.label}: on Success ${peer.durability}; ${peer.atRest} at rest; ${transport}; PDUs up to ${maximumLength} bytes`;
}

const rateOf = ({ result }: Sample): number => (result.done / result.elapsedMs) * 1000;

interface Row {
  readonly peer: RunningPeer;
  readonly samples: readonly Sample[];
}

function print(bench: Bench, title: string, unit: Unit, rows: readonly Row[]): void {
  const ours = rows.find(({ peer }) => peer.peer.key === 'leadglass')?.samples.map(rateOf);
  const cells = rows.map(({ peer: { peer }, samples }) => {
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
    title: `${title}, ${rows[0]?.samples.length ?? 0} rounds`,
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
    data: rows.map(({ peer, samples }) => ({ peer: peer.peer.key, samples })),
  });
}
