import type { Bench } from '../bench.ts';
import type { FetchRequest } from '../client/jobs.ts';
import { templateOf } from '../client/store.ts';
import { pixelsOf } from '../data/template.ts';
import { instanceUID, seriesUID, studyUID } from '../data/uids.ts';
import { orthancWeb, orthancWebClear, orthancWebTuned } from '../peers/orthanc.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { withProfile } from '../profile.ts';
import { compare, type Measurement, printComparison, takeTurns } from './compare.ts';
import { firstBytes } from './first-bytes.ts';
import { type Check, checkedOnce, filesAre, frameIs, metadataIsOf, webAnswers, webOf } from './web-checks.ts';

/** Of the study that is retrieved. */
export const RETRIEVED_INSTANCES = 200;
/** One measurement of retrieval lasts so long, and until what is under way has come. */
const FETCH_MS = 2_000;
const QUICK_FETCH_MS = 250;
/** The same requests right before, of which nothing is printed. */
const LEAD_IN_MS = 1_000;
const QUICK_LEAD_IN_MS = 100;
const STOW_INSTANCES = 50;
/** Clients, and how many bodies they post together: enough that their first and last moments count for little. */
const stowLoads = [
  [1, 6],
  [4, 16],
] as const;
const clientsOf = [1, 8] as const;

export const FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
export const FILES = 'multipart/related; type="application/dicom"; transfer-syntax=*';
export const JSON_TYPE = 'application/dicom+json';

/** What is retrieved: its name, its requests, and what must come. */
export interface Plan {
  readonly title: string;
  readonly unit: 'request' | 'study';
  readonly requests: readonly FetchRequest[];
  readonly check: (index: number) => Check;
}

/** DICOMweb beside Orthanc's plugin: frames, instances, a study, metadata, STOW-RS. */
export async function webSection(bench: Bench): Promise<void> {
  await withProfile(bench, 'web', async (profileFolder) => {
    const ours = bench.leadglass(profileFolder);
    // Leadglass has no HTTP in clear text: its TLS stands beside both of Orthanc's.
    const tuned = bench.options.quick ? [] : [orthancWebTuned];
    const peers = bench.choose([ours, orthancWeb, ...tuned, orthancWebClear], 'TLS');
    await bench.withPeers(peers, 'TLS', async (started) => {
      const run = bench.nextRun();
      for (const peer of started) await loadCT(bench, peer, run, RETRIEVED_INSTANCES);
      const running = started.flatMap((peer) => (peer.peer === ours ? [peer, overHTTP2(peer)] : [peer]));
      await compareRetrieval(bench, running, plansOf(run));
      await compareStowing(bench, running);
      const [leadglass] = started.filter(({ peer }) => peer === ours);
      if (leadglass) await firstBytes(bench, leadglass, { run, association: 0, study: 0, instance: 0 });
    });
  });
  bench.report.remark(
    'Leadglass has no DICOMweb in clear text: its figures over TLS stand beside Orthanc over TLS and in clear text alike.',
  );
  bench.report.remark(
    'Leadglass decrypts what it gives from its packs, authenticates a token with each request, and has the beginning of a viewing in its trail before the first byte; Orthanc keeps readable files and asks nobody.',
  );
  bench.report.remark(
    `Right before each figure of retrieval the same requests are made of every peer for ${LEAD_IN_MS} ms (${QUICK_LEAD_IN_MS} with --quick) that do not count: it has rested while the others took their turns, and what comes first in a turn would be measured waking up.`,
  );
  bench.report.remark(
    "Leadglass keeps series metadata ready in memory once they were asked for, as the warm-up round does; Orthanc's plugin reads every file each time.",
  );
}

/** The same server as a browser talks to it: all clients on one connection. */
function overHTTP2(running: RunningPeer): RunningPeer {
  const peer = { ...running.peer, key: 'leadglass-http2', label: 'Leadglass, HTTP/2' };
  return { ...running, peer, web: { ...webOf(running), protocol: 'HTTP/2' } };
}

/** Stores a study of so many CT, all of one series. */
export async function loadCT(
  bench: Bench,
  running: RunningPeer,
  run: number,
  instances: number,
): Promise<void> {
  await webAnswers(running);
  const { result } = await bench.measure(running, {
    kind: 'store',
    target: running.target,
    associations: 1,
    data: 'CT',
    run,
    count: instances,
    instancesPerStudy: instances,
  });
  if (result.done !== instances) throw new Error(`${running.peer.label} did not take the study`);
}

/** Of the study that `loadCT` stores in a run. */
export function seriesPath(run: number): string {
  const place = { run, association: 0, study: 0, instance: 0 };
  return `studies/${studyUID(place)}/series/${seriesUID(place)}`;
}

/** The frames first. */
export function plansOf(run: number): Plan[] {
  const pixels = pixelsOf(templateOf('CT'));
  const places = Array.from({ length: RETRIEVED_INSTANCES }, (_, instance) => ({
    run,
    association: 0,
    study: 0,
    instance,
  }));
  const uids = places.map(instanceUID);
  const series = seriesPath(run);
  const [study = ''] = series.split('/series/');
  const instances = uids.map((uid) => `${series}/instances/${uid}`);
  const uidOf = (index: number): string[] => uids.slice(index, index + 1);
  const json = { accept: JSON_TYPE };
  return [
    {
      title: 'frame of 0.524 MB',
      unit: 'request',
      requests: instances.map((path) => ({ path: `${path}/frames/1`, accept: FRAMES })),
      check: () => frameIs(pixels),
    },
    {
      title: 'instance of 0.525 MB',
      unit: 'request',
      requests: instances.map((path) => ({ path, accept: FILES })),
      check: (index) => filesAre(uidOf(index), pixels),
    },
    {
      title: `study of ${RETRIEVED_INSTANCES} CT`,
      unit: 'study',
      requests: [{ path: study, accept: FILES }],
      check: () => filesAre(uids, pixels),
    },
    {
      title: `series metadata, ${RETRIEVED_INSTANCES} instances`,
      unit: 'request',
      requests: [{ path: `${series}/metadata`, ...json }],
      check: () => metadataIsOf(uids),
    },
    {
      title: `series metadata, ${RETRIEVED_INSTANCES} instances, gzip as browsers ask for`,
      unit: 'request',
      requests: [{ path: `${series}/metadata`, ...json, acceptEncoding: 'gzip, deflate, br' }],
      check: () => metadataIsOf(uids),
    },
    {
      title: 'instance metadata',
      unit: 'request',
      requests: instances.map((path) => ({ path: `${path}/metadata`, ...json })),
      check: (index) => metadataIsOf(uidOf(index)),
    },
  ];
}

export async function compareRetrieval(
  bench: Bench,
  running: readonly RunningPeer[],
  plans: readonly Plan[],
): Promise<void> {
  const { quick, rounds } = bench.options;
  const measurements: Measurement[] = [];
  const leadIns: Measurement[] = [];
  for (const { title, unit, requests, check } of plans) {
    const checked = new Map<RunningPeer, readonly FetchRequest[]>();
    for (const peer of running) {
      const { base } = webOf(peer);
      const own = requests.map((request) => ({ ...request, path: `${base}/${request.path}` }));
      checked.set(peer, await checkedOnce(peer, own, (_request, index) => check(index)));
    }
    for (const clients of clientsOf) {
      const fetching = (maxMs: number) => (peer: RunningPeer) => {
        const asked = checked.get(peer) ?? [];
        return { kind: 'fetch', web: webOf(peer), clients, requests: asked, count: Infinity, maxMs } as const;
      };
      const named = `${title}, ${clients} client${clients > 1 ? 's' : ''}`;
      leadIns.push({ title: `lead-in of ${named}`, job: fetching(quick ? QUICK_LEAD_IN_MS : LEAD_IN_MS) });
      measurements.push({ title: named, unit, job: fetching(quick ? QUICK_FETCH_MS : FETCH_MS) });
    }
  }
  const comparison = { unit: 'request', rounds, warmUps: 1, measurements } as const;
  const all = measurements.flatMap((each, index) => [...leadIns.slice(index, index + 1), each]);
  const rows = await takeTurns(bench, running, { ...comparison, measurements: all });
  const counted = new Set(measurements.map(({ title }) => title));
  const rowsThatCount = rows.filter(({ title }) => counted.has(title));
  printComparison(bench, comparison, rowsThatCount);
}

async function compareStowing(bench: Bench, running: readonly RunningPeer[]): Promise<void> {
  const { quick, rounds } = bench.options;
  await compare(bench, running, {
    unit: 'instance',
    rounds,
    warmUps: 1,
    measurements: stowLoads.map(([clients, posts]) => ({
      title: `STOW-RS of ${STOW_INSTANCES} CT a request, ${clients} client${clients > 1 ? 's' : ''}`,
      job: (peer) => ({
        kind: 'stow',
        web: webOf(peer),
        clients,
        data: 'CT',
        run: bench.nextRun(),
        posts: quick ? clients : posts,
        instancesPerPost: STOW_INSTANCES,
      }),
    })),
  });
}
