import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Tag } from '@leadglass/dicom';
import { type Bench, sizeOf } from '../bench.ts';
import type { FindJob, QueryKeys } from '../client/jobs.ts';
import { LOADING_ASSOCIATIONS, mixed, placeOfStudy, studyFacts } from '../data/studies.ts';
import { studyUID } from '../data/uids.ts';
import { orthanc, orthancLoader } from '../peers/orthanc.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { proportionalMiB } from '../process-usage.ts';
import { withProfile } from '../profile.ts';
import { short } from '../report.ts';
import { compare } from './compare.ts';

const STUDIES = 100_000;
const QUICK_STUDIES = 8_000;
/** Different keys asked for in turn. */
const KEYS = 500;
const EXACT_MAX_MS = 2_000;
const LIST_MAX_MS = 5_000;
const YEAR = '20190101-20191231';
const NAMES = 'SMI*';

/** What a worklist of studies shows. Counts and modalities are left out: Orthanc computes them for each match. */
const returned: QueryKeys = Object.fromEntries(
  [
    Tag.StudyDate,
    Tag.StudyTime,
    Tag.AccessionNumber,
    Tag.ReferringPhysicianName,
    Tag.StudyDescription,
    Tag.PatientName,
    Tag.PatientID,
    Tag.PatientBirthDate,
    Tag.PatientSex,
    Tag.StudyInstanceUID,
    Tag.StudyID,
  ].map((tag) => [tag, '']),
);

interface Loaded {
  readonly peer: Peer;
  readonly folder: string;
  readonly studiesPerSecond: number;
}

/** C-FIND at study level on many studies: Leadglass, Orthanc as it is, Orthanc after ANALYZE on its index. */
export async function findSection(bench: Bench): Promise<void> {
  const wanted = bench.options.studies ?? (bench.options.quick ? QUICK_STUDIES : STUDIES);
  // The same number for each association, so that they are the first so many of the population.
  const studies = wanted - (wanted % LOADING_ASSOCIATIONS);
  const run = bench.nextRun();
  await withProfile(bench, 'find', async (profileFolder) => {
    const loaded: Loaded[] = [];
    for (const peer of bench.choose([bench.leadglass(profileFolder), orthancWanted], 'clear')) {
      loaded.push(await load(bench, peer === orthancWanted ? orthancLoader : peer, run, studies));
    }
    const peers = loaded.flatMap((each) =>
      each.peer === orthancLoader ? orthancsOn(each) : [onFolder(each)],
    );
    await bench.withPeers(peers, 'clear', async (running) => {
      tellWhatIsHeld(bench, loaded, running, studies);
      await compareQueries(bench, running, run, studies);
    });
  });
}

/** Chosen by the name people know; loaded by another that synchronises nothing. */
const orthancWanted: Peer = { ...orthancLoader, key: 'orthanc', label: 'Orthanc' };

async function load(bench: Bench, peer: Peer, run: number, studies: number): Promise<Loaded> {
  const place = bench.place('clear');
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

/** Two on the same files, each with an index of its own; one has the statistics that SQLite's planner needs. */
function orthancsOn({ folder }: Loaded): Peer[] {
  const storageFolder = join(folder, 'storage');
  const common = { durability: FILE_SYNC, settings: {}, noDelay: true, storageFolder };
  const shipped = orthanc({ ...common, key: 'orthanc', label: 'Orthanc default' });
  const analyzed = orthanc({ ...common, key: 'orthanc-analyzed', label: 'Orthanc after ANALYZE' });
  const withIndex = (peer: Peer, prepare: (indexFolder: string) => void): Peer => ({
    ...peer,
    start(place) {
      const indexFolder = join(place.folder, 'index');
      cpSync(join(folder, 'index'), indexFolder, { recursive: true });
      prepare(indexFolder);
      return peer.start(place);
    },
  });
  return [withIndex(shipped, () => undefined), withIndex(analyzed, analyze)];
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

async function compareQueries(
  bench: Bench,
  running: readonly RunningPeer[],
  run: number,
  studies: number,
): Promise<void> {
  const some = Array.from({ length: KEYS }, (_, at) => mixed(at, 11) % studies);
  const facts = Array.from({ length: studies }, (_, n) => studyFacts(n));
  const named = facts.filter(({ patientName }) => patientName.startsWith(NAMES.slice(0, -1))).length;
  const [from = '', to = ''] = YEAR.split('-');
  const inYear = facts.filter(({ studyDate }) => studyDate >= from && studyDate <= to).length;
  const exact = (key: (n: number) => QueryKeys): Partial<FindJob> => ({
    queries: some.map((n) => ({ ...returned, ...key(n) })),
    matches: 1,
    count: 20_000,
    maxMs: EXACT_MAX_MS,
  });
  const list = (keys: QueryKeys, matches: number): Partial<FindJob> => ({
    queries: [{ ...returned, ...keys }],
    matches,
    count: 20,
    maxMs: LIST_MAX_MS,
  });
  const byPatientID = exact((n) => ({ [Tag.PatientID]: studyFacts(n).patientID }));
  const byAccession = exact((n) => ({ [Tag.AccessionNumber]: studyFacts(n).accessionNumber }));
  const byUID = exact((n) => ({ [Tag.StudyInstanceUID]: studyUID(placeOfStudy(run, n)) }));
  const plans: readonly (readonly [string, number, Partial<FindJob>])[] = [
    ['exact PatientID', 1, byPatientID],
    ['exact PatientID', 8, byPatientID],
    ['exact AccessionNumber', 1, byAccession],
    ['exact StudyInstanceUID', 1, byUID],
    [`${NAMES}, ${named} matches`, 1, list({ [Tag.PatientName]: NAMES }, named)],
    [`${NAMES}, ${named} matches`, 8, list({ [Tag.PatientName]: NAMES }, named)],
    [`StudyDate ${YEAR}, ${inYear} matches`, 1, list({ [Tag.StudyDate]: YEAR }, inYear)],
  ];
  await compare(bench, running, {
    unit: 'query',
    rounds: bench.options.rounds,
    warmUps: 1,
    measurements: plans.map(([title, associations, plan]) => ({
      title: `C-FIND ${title}, ${associations} client${associations > 1 ? 's' : ''}`,
      job: ({ target }) => ({
        kind: 'find',
        target,
        associations,
        queries: [],
        matches: 0,
        count: 0,
        maxMs: 0,
        ...plan,
      }),
    })),
  });
}
