import type { Bench } from '../bench.ts';
import type { FetchRequest } from '../client/jobs.ts';
import { mixed, placeOfStudy, studyFacts } from '../data/studies.ts';
import { studyUID } from '../data/uids.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { compare, type Measurement } from './compare.ts';
import { KEYS } from './find.ts';
import { checkedOnce, webAnswers, webOf } from './web-checks.ts';

const FETCH_MS = 2_000;
const QUICK_FETCH_MS = 300;
/** The first page of a worklist. */
export const PAGE = 25;
const FAR = 5_000;
const WEEK = ['20190601', '20190607'] as const;
const NAMES = 'SMI*';

interface Plan {
  readonly title: string;
  readonly clients: readonly number[];
  /** Parameters of the searches, and how many matches each has. */
  readonly searches: readonly string[];
  readonly matches: number;
}

/**
 * QIDO-RS for studies, with the attributes every answer has: over TLS, Orthanc after ANALYZE also in clear text.
 * @param run in which the studies were loaded
 */
export async function compareSearching(
  bench: Bench,
  running: readonly RunningPeer[],
  run: number,
  studies: number,
): Promise<void> {
  const { quick, rounds } = bench.options;
  for (const peer of running) await webAnswers(peer);
  const measurements: Measurement[] = [];
  for (const { title, clients, searches, matches } of plansOf(run, studies)) {
    const requests = new Map<RunningPeer, FetchRequest[]>();
    for (const peer of running) {
      const { base } = webOf(peer);
      const own = searches.map((search) => ({
        path: `${base}/studies?${search}`,
        accept: 'application/dicom+json',
        matches,
      }));
      await checkedOnce(peer, own.slice(0, 1), () => hasStudies(matches));
      requests.set(peer, own);
    }
    for (const count of clients) {
      measurements.push({
        title: `QIDO-RS ${title}, ${count} client${count > 1 ? 's' : ''}`,
        job: (peer) => ({
          kind: 'fetch',
          web: webOf(peer),
          clients: count,
          requests: requests.get(peer) ?? [],
          count: Infinity,
          maxMs: quick ? QUICK_FETCH_MS : FETCH_MS,
        }),
      });
    }
  }
  await compare(bench, running, { unit: 'query', rounds, warmUps: 1, measurements });
}

function plansOf(run: number, studies: number): Plan[] {
  const some = Array.from({ length: KEYS }, (_, at) => mixed(at, 11) % studies);
  const facts = Array.from({ length: studies }, (_, n) => studyFacts(n));
  const [from, to] = WEEK;
  const inWeek = facts.filter(({ studyDate }) => studyDate >= from && studyDate <= to).length;
  const named = facts.filter(({ patientName }) => patientName.startsWith(NAMES.slice(0, -1))).length;
  const far = Math.min(FAR, studies - PAGE);
  const exact = (name: string, value: (n: number) => string): Omit<Plan, 'title' | 'clients'> => ({
    searches: some.map((n) => `${name}=${value(n)}`),
    matches: 1,
  });
  const list = (search: string, found: number): Omit<Plan, 'title' | 'clients'> => ({
    searches: [search],
    matches: Math.min(PAGE, found),
  });
  return [
    {
      title: 'exact PatientID',
      clients: [1, 8],
      ...exact('PatientID', (n) => studyFacts(n).patientID),
    },
    {
      title: 'exact AccessionNumber',
      clients: [1],
      ...exact('AccessionNumber', (n) => studyFacts(n).accessionNumber),
    },
    {
      title: 'exact StudyInstanceUID',
      clients: [1],
      ...exact('StudyInstanceUID', (n) => studyUID(placeOfStudy(run, n))),
    },
    { title: `${NAMES}, limit ${PAGE}`, clients: [1], ...list(`PatientName=${NAMES}&limit=${PAGE}`, named) },
    {
      title: `7 days, limit ${PAGE}`,
      clients: [1, 8],
      ...list(`StudyDate=${WEEK.join('-')}&limit=${PAGE}`, inWeek),
    },
    { title: `all, limit ${PAGE}`, clients: [1, 8], ...list(`limit=${PAGE}`, studies) },
    {
      title: `all, limit ${PAGE}, offset ${far}`,
      clients: [1],
      ...list(`limit=${PAGE}&offset=${far}`, studies - far),
    },
  ];
}

/** So many different studies, each with what a worklist shows. */
function hasStudies(matches: number) {
  return ({ body }: { body: Buffer }): void => {
    const list = JSON.parse(body.toString('utf8')) as Record<string, { Value?: unknown[] } | undefined>[];
    const uids = new Set(list.map((study) => String(study['0020000D']?.Value?.[0])));
    if (list.length !== matches || uids.size !== matches)
      throw new Error(`${uids.size} studies, not ${matches}`);
    for (const study of list)
      for (const tag of ['00080020', '00080050', '00100010', '00100020', '00201208'])
        if (study[tag]?.Value?.[0] === undefined) throw new Error(`${tag} is missing`);
  };
}
