import { Tag } from '@leadglass/dicom';
import type { Bench } from '../bench.ts';
import type { FindJob, QueryKeys } from '../client/jobs.ts';
import { mixed, placeOfStudy, studyFacts } from '../data/studies.ts';
import { studyUID } from '../data/uids.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { compare } from './compare.ts';

/** Different keys asked for in turn. */
export const KEYS = 500;
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

/** C-FIND at study level. @param run in which the studies were loaded */
export async function compareFinding(
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
