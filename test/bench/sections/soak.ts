import type { Bench } from '../bench.ts';
import { ClientProcess } from '../client/client-process.ts';
import type { FetchRequest, JobResult, Latencies } from '../client/jobs.ts';
import { templateOf } from '../client/store.ts';
import { pixelsOf } from '../data/template.ts';
import { instanceUID } from '../data/uids.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { UsageMeter } from '../process-usage.ts';
import { withProfile } from '../profile.ts';
import { short } from '../report.ts';
import { checkedOnce, filesAre, frameIs, metadataIsOf, webAnswers, webOf } from './web-checks.ts';
import { FILES, FRAMES, JSON_TYPE, loadCT, seriesPath } from './web.ts';

const READERS = 64;
const STORERS = 8;
const SOAK_MS = 120_000;
const QUICK_SOAK_MS = 15_000;
const INSTANCES = 200;
/** What a storer sends at a time, so that storing ends soon after reading does. */
const STORED_AT_ONCE = 80;

interface Soaked {
  readonly reading: JobResult;
  readonly stored: number;
  readonly storing: readonly JobResult[];
  readonly elapsedMs: number;
  readonly peakMiB: number;
}

/** Many readers over the web while devices store, for two minutes: nobody is turned away, nobody waits long. */
export async function soakSection(bench: Bench): Promise<void> {
  await withProfile(bench, 'soak', async (profileFolder) => {
    const peers = bench.choose([bench.leadglass(profileFolder)], 'TLS');
    await bench.withPeers(peers, 'TLS', async ([running]) => {
      if (running === undefined) return;
      const run = bench.nextRun();
      await loadCT(bench, running, run, INSTANCES);
      const requests = await readRequests(running, run);
      tell(bench, await soak(bench, running, requests));
    });
  });
}

/** Mostly frames, as viewers ask: eight frames for one instance, one metadata of an instance and one of the series. */
async function readRequests(running: RunningPeer, run: number): Promise<FetchRequest[]> {
  const pixels = pixelsOf(templateOf('CT'));
  const { base } = webOf(running);
  const places = Array.from({ length: INSTANCES }, (_, instance) => ({
    run,
    association: 0,
    study: 0,
    instance,
  }));
  const uids = places.map(instanceUID);
  const series = `${base}/${seriesPath(run)}`;
  await webAnswers(running);
  const check = (paths: readonly string[], accept: string, label: string, of: typeof frameCheck) =>
    checkedOnce(
      running,
      paths.map((path) => ({ path, accept, label })),
      (_request, index) => of(uids.slice(index, index + 1)),
    );
  const frameCheck = (_uids: readonly string[]) => frameIs(pixels);
  const instances = uids.map((uid) => `${series}/instances/${uid}`);
  const frames = await check(
    instances.map((path) => `${path}/frames/1`),
    FRAMES,
    'frame',
    frameCheck,
  );
  const files = await check(instances, FILES, 'instance', (of) => filesAre(of, pixels));
  const metadata = await check(
    instances.map((path) => `${path}/metadata`),
    JSON_TYPE,
    'instance metadata',
    metadataIsOf,
  );
  const [ofSeries] = await checkedOnce(
    running,
    [{ path: `${series}/metadata`, accept: JSON_TYPE, label: 'series metadata' }],
    () => metadataIsOf(uids),
  );
  return frames.flatMap((frame, index) => {
    const turn = index % 8;
    const others = [files[index], metadata[index], ofSeries].filter((each) => each !== undefined);
    return turn === 7 ? [frame, ...others] : [frame];
  });
}

async function soak(bench: Bench, running: RunningPeer, requests: readonly FetchRequest[]): Promise<Soaked> {
  const soakMs = bench.options.quick ? QUICK_SOAK_MS : SOAK_MS;
  const readers = new ClientProcess();
  try {
    await readers.prepare({
      kind: 'fetch',
      web: webOf(running),
      clients: READERS,
      requests,
      count: Infinity,
      maxMs: soakMs,
    });
    const meter = new UsageMeter(running.process.pid);
    const startedAt = performance.now();
    let isOver = false;
    const storing: JobResult[] = [];
    const read = readers.run().finally(() => (isOver = true));
    while (!isOver) storing.push(await storeSome(bench, running));
    const reading = await read;
    const stored = storing.reduce((sum, { done }) => sum + done, 0);
    return {
      reading,
      stored,
      storing,
      elapsedMs: performance.now() - startedAt,
      peakMiB: meter.stop().peakMiB,
    };
  } finally {
    readers.close();
  }
}

async function storeSome(bench: Bench, { target }: RunningPeer): Promise<JobResult> {
  await bench.client.prepare({
    kind: 'store',
    target,
    associations: STORERS,
    data: 'CT',
    run: bench.nextRun(),
    count: STORED_AT_ONCE,
    instancesPerStudy: STORED_AT_ONCE / STORERS,
  });
  const result = await bench.client.run();
  await bench.client.finish();
  return result;
}

function tell(bench: Bench, soaked: Soaked): void {
  const { reading, stored, storing, elapsedMs, peakMiB } = soaked;
  const perSecond = (count: number): string => short((count / elapsedMs) * 1000);
  const row = (name: string, { count, p50, p95, p99 }: Latencies) => [
    name,
    perSecond(count),
    ...[p50, p95, p99].map(short),
  ];
  const storeP95 = Math.max(...storing.map(({ latencyP95 }) => latencyP95));
  const failures = [reading, ...storing].flatMap((result) =>
    Object.entries(result.failures).map(([reason, count]) => `${count} x ${reason}`),
  );
  bench.report.table({
    title: `${READERS} readers over HTTPS while ${STORERS} associations store CT over TLS, ${short(elapsedMs / 1000)} s`,
    columns: ['what', 'per second', 'ms p50', 'p95', 'p99'],
    rows: [
      ...Object.entries(reading.labelled ?? {}).map(([label, latencies]) => row(label, latencies)),
      ['C-STORE', perSecond(stored), '-', `${short(storeP95)} at most`, '-'],
    ],
    data: soaked,
  });
  bench.report.say(
    `  ${short(reading.bytes / 1e3 / reading.elapsedMs)} MB/s read; peak resident set ${short(peakMiB)} MiB; ` +
      `failures: ${failures.length === 0 ? 'none' : failures.join(', ')}`,
  );
}
