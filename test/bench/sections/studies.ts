import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Bench, sizeOf } from '../bench.ts';
import { LOADING_ASSOCIATIONS } from '../data/studies.ts';
import { orthanc, orthancLoader } from '../peers/orthanc.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { proportionalMiB } from '../process-usage.ts';
import { withProfile } from '../profile.ts';
import { short } from '../report.ts';
import { compareFinding } from './find.ts';
import { compareSearching } from './qido.ts';

const STUDIES = 100_000;
const QUICK_STUDIES = 8_000;
/** Takes part in QIDO-RS alone. */
const CLEAR_HTTP = 'orthanc-clear';

interface Loaded {
  readonly peer: Peer;
  readonly folder: string;
  readonly studiesPerSecond: number;
}

/**
 * Many studies, loaded once: C-FIND, QIDO-RS, or both, as wanted. Leadglass, Orthanc as it is, Orthanc after ANALYZE
 * on its index.
 */
export async function studiesSection(bench: Bench): Promise<void> {
  const wanted = bench.options.studies ?? (bench.options.quick ? QUICK_STUDIES : STUDIES);
  // The same number for each association, so that they are the first so many of the population.
  const studies = wanted - (wanted % LOADING_ASSOCIATIONS);
  const run = bench.nextRun();
  const wants = (name: 'find' | 'qido'): boolean => bench.options.sections.includes(name);
  await withProfile(bench, 'studies', async (profileFolder) => {
    const loaded: Loaded[] = [];
    for (const peer of bench.choose([bench.leadglass(profileFolder), orthancWanted], 'clear')) {
      loaded.push(await load(bench, peer === orthancWanted ? orthancLoader : peer, run, studies));
    }
    const peers = loaded.flatMap((each) =>
      each.peer === orthancLoader ? orthancsOn(each, wants('qido')) : [onFolder(each)],
    );
    await bench.withPeers(peers, 'clear', async (running) => {
      tellWhatIsHeld(bench, loaded, running, studies);
      const overDIMSE = running.filter(({ peer }) => peer.key !== CLEAR_HTTP);
      if (wants('find')) await compareFinding(bench, overDIMSE, run, studies);
      if (wants('qido')) await compareSearching(bench, running, run, studies);
    });
  });
}

/** Orthanc was seen to refuse one of 100,000 (A700): a peer that cannot take one now is asked again, as devices do. */
const REFUSALS_MAX = 10;

/** Chosen by the name people know; loaded by another that synchronises nothing. */
const orthancWanted: Peer = { ...orthancLoader, key: 'orthanc', label: 'Orthanc' };

async function load(bench: Bench, peer: Peer, run: number, studies: number): Promise<Loaded> {
  const place = bench.place('clear');
  bench.fillMemory();
  const running = await peer.start(place);
  try {
    bench.report.note(`loading ${studies} studies into ${peer.label}`);
    const { result } = await bench.measure(running, {
      kind: 'store',
      target: running.target,
      associations: LOADING_ASSOCIATIONS,
      data: 'study',
      run,
      count: studies,
      instancesPerStudy: 1,
      sendAgainMax: REFUSALS_MAX,
    });
    if (result.done !== studies) {
      throw new Error(
        `${peer.label} stored ${result.done} of ${studies}: ${JSON.stringify(result.failures)}`,
      );
    }
    return { peer, folder: place.folder, studiesPerSecond: (studies / result.elapsedMs) * 1000 };
  } finally {
    await running.stop();
  }
}

/** A peer that starts on what was loaded instead of an empty folder. */
function onFolder({ peer, folder }: Loaded): Peer {
  return { ...peer, start: (place) => peer.start({ ...place, folder }) };
}

const FILE_SYNC = 'fdatasync of the file, none of the index';

/** Some on the same files, each with an index of its own; the later ones have the statistics that SQLite's planner needs. */
function orthancsOn({ folder }: Loaded, withWeb: boolean): Peer[] {
  const storageFolder = join(folder, 'storage');
  const common = { durability: FILE_SYNC, settings: {}, noDelay: true, storageFolder };
  const [overTLS, inClear] = withWeb ? [{ web: 'TLS' } as const, { web: 'clear' } as const] : [{}];
  const label = 'Orthanc after ANALYZE';
  const withIndex = (peer: Peer, prepare: (indexFolder: string) => void): Peer => ({
    ...peer,
    start(place) {
      const indexFolder = join(place.folder, 'index');
      cpSync(join(folder, 'index'), indexFolder, { recursive: true });
      prepare(indexFolder);
      return peer.start(place);
    },
  });
  const shipped = orthanc({ ...common, ...overTLS, key: 'orthanc', label: 'Orthanc default' });
  const analyzed = orthanc({ ...common, ...overTLS, key: 'orthanc-analyzed', label });
  const peers = [withIndex(shipped, () => undefined), withIndex(analyzed, analyze)];
  if (inClear === undefined) return peers;
  const clear = orthanc({ ...common, ...inClear, key: CLEAR_HTTP, label: `${label}, clear HTTP` });
  return [...peers, withIndex(clear, analyze)];
}

function analyze(indexFolder: string): void {
  const database = new DatabaseSync(join(indexFolder, 'index'));
  database.exec('ANALYZE');
  database.close();
}

function tellWhatIsHeld(
  bench: Bench,
  loaded: readonly Loaded[],
  running: readonly RunningPeer[],
  studies: number,
): void {
  bench.report.table({
    title: `${studies.toLocaleString('en-US')} studies of one instance each`,
    columns: [
      'peer',
      `studies/s loaded, ${LOADING_ASSOCIATIONS} associations`,
      'start to first C-ECHO, ms',
      'index, MB',
      'idle PSS, MiB',
    ],
    rows: running.map(({ peer, process, firstEchoMs }) => {
      const isOurs = peer.key === 'leadglass';
      const source = loaded.find((each) => (each.peer.key === 'leadglass') === isOurs);
      const index =
        source === undefined
          ? NaN
          : isOurs
            ? leadglassIndexBytes(source.folder)
            : orthancIndexBytes(source.folder);
      return [
        peer.label,
        short(source?.studiesPerSecond ?? NaN),
        short(firstEchoMs),
        short(index / 1e6),
        short(proportionalMiB(process.pid)),
      ];
    }),
    data: loaded.map(({ peer, studiesPerSecond }) => ({ peer: peer.key, studiesPerSecond })),
  });
  bench.report.remark(
    'Leadglass makes a trail entry of each query durable before the first match leaves; Orthanc records no queries.',
  );
  bench.report.remark(
    'Orthanc was loaded with SyncStorageArea off, to save time; Leadglass as it always runs.',
  );
  bench.report.remark(
    "Leadglass keeps its index in memory-backed space while it runs and sealed on the disk; Orthanc's is a readable file.",
  );
}

const folderBytes = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);

const orthancIndexBytes = (folder: string): number => folderBytes(join(folder, 'index'));

function leadglassIndexBytes(folder: string): number {
  const { id } = JSON.parse(readFileSync(join(folder, 'data', 'installation.json'), 'utf8')) as {
    id: string;
  };
  try {
    return folderBytes(`/dev/shm/leadglass-${process.getuid?.() ?? 0}-${id}`);
  } catch {
    return NaN;
  }
}
