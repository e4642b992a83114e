import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ArchiveIndex, openIndex } from '../../../packages/server/src/archive/index/index.ts';
import { IndexLoader } from '../../../packages/server/src/archive/index-loader.ts';
import { matchEncoder } from '../../../packages/server/src/dicomweb/match-json.ts';
import { parseSearch } from '../../../packages/server/src/dicomweb/search-parameters.ts';
import { UriQuery } from '../../../packages/server/src/dicomweb/uri-query.ts';
import type { Bench } from '../bench.ts';
import { EntryMaker } from '../data/index-entries.ts';
import { mixed, studyFacts } from '../data/studies.ts';
import { short } from '../report.ts';
import { quantile } from '../statistics.ts';
import { PAGE } from './qido.ts';

const STUDIES = 1_000_000;
const QUICK_STUDIES = 50_000;
const TIMES = 400;
const QUICK_TIMES = 100;
const WARM_UP_TIMES = 20;
const MEMORY_FOLDER = '/dev/shm';
const RESULTS_MAX = 1_000;
const BASE_URL = 'https://localhost/dicom-web';
const OFFSETS = [0, 100, 1_000, 5_000, 10_000];
/** Of kinds that combine a name with something else. */
const FAR_OFFSETS = [0, 1_000, 10_000];
const YEAR = 'StudyDate=20190101-20191231';

/** Letters of a name, from anywhere in its first dozen. */
const infix = (n: number, letters: number): string => {
  const from = mixed(n, 16) % (PLACES + 1 - letters);
  return encodeURIComponent(studyFacts(n).patientName.slice(from, from + letters));
};
const PLACES = 12;
const component = (n: number, at: number): string => studyFacts(n).patientName.split('^')[at] ?? '';

/** A family name as somebody writes it who heard it. */
const misspelt = (n: number): string =>
  component(n, 0).replaceAll('K', 'C').replaceAll('V', 'W').replaceAll('Z', 'S');
const fuzzy = (...words: string[]): string =>
  `PatientName=${encodeURIComponent(words.join(' '))}&fuzzymatching=true`;

/** An infix of five letters of which one is not known. */
const questioned = (n: number): string => {
  const text = decodeURIComponent(infix(n, 5));
  return encodeURIComponent(`${text.slice(0, 2)}?${text.slice(3)}`);
};

type Search = readonly [title: string, parameters: (n: number) => string];

const far = (title: string, parameters: (n: number) => string): readonly Search[] =>
  FAR_OFFSETS.map((offset) => [`${title}, offset ${offset}`, (n) => `${parameters(n)}&offset=${offset}`]);

/** What is searched for, by a number that looks like chance. */
const searches: readonly Search[] = [
  ...OFFSETS.map((offset) => [`all, offset ${offset}`, () => `offset=${offset}`] as const),
  ...OFFSETS.map(
    (offset) => [`a year, offset ${offset}`, () => `StudyDate=20190101-20191231&offset=${offset}`] as const,
  ),
  ['7 days', (n) => `StudyDate=${days(n, 7).join('-')}`],
  ['one day', (n) => `StudyDate=${studyFacts(n).studyDate}`],
  [
    'a year and a modality, offset 10000',
    () => 'StudyDate=20190101-20191231&ModalitiesInStudy=MR&offset=10000',
  ],
  ['a year and a modality', () => 'StudyDate=20190101-20191231&ModalitiesInStudy=MR'],
  ['names SMI*', () => 'PatientName=SMI*'],
  ['names SMI*, offset 5000', () => 'PatientName=SMI*&offset=5000'],
  ['names SMI*, offset 9900', () => 'PatientName=SMI*&offset=9900'],
  ['names SMI* and 30 days', (n) => `PatientName=SMI*&StudyDate=${days(n, 30).join('-')}`],
  [
    'names SMI* and 30 days, offset 50',
    (n) => `PatientName=SMI*&StudyDate=${days(n, 30).join('-')}&offset=50`,
  ],
  ['names *BERG*, offset 10000', () => 'PatientName=*BERG*&offset=10000'],
  ...[2, 3, 4, 6].map(
    (letters) =>
      [
        `names *infix* of ${letters} letters, offset 10000`,
        (n: number) => `PatientName=*${infix(n, letters)}*&offset=10000`,
      ] as const,
  ),
  ['names *infix* of 6 letters, offset 2000', (n) => `PatientName=*${infix(n, 6)}*&offset=2000`],
  ['names *infix* nobody has', (n) => `PatientName=*QQ${n % 1_000}X*`],
  [
    'names *infix* of 3 letters and 30 days',
    (n) => `PatientName=*${infix(n, 3)}*&StudyDate=${days(n, 30).join('-')}`,
  ],
  ['names that sound like one', (n) => fuzzy(misspelt(n))],
  ['names that sound like two words', (n) => fuzzy(misspelt(n), component(n, 1))],
  [
    'names that sound like two words, offset 2000',
    (n) => `${fuzzy(component(n, 1), component(n, 2))}&offset=2000`,
  ],
  ...far('names SMI* and a year', () => `PatientName=SMI*&${YEAR}`),
  ...far('names SMI* and ten years', () => 'PatientName=SMI*&StudyDate=20150102-'),
  ...far('names, first 6 letters of one, and a year', (n) => {
    return `PatientName=${encodeURIComponent(studyFacts(n).patientName.slice(0, 6))}*&${YEAR}`;
  }),
  ...far('names *BERG* and a year', () => `PatientName=*BERG*&${YEAR}`),
  ...far('names *infix* of 3 letters and a year', (n) => `PatientName=*${infix(n, 3)}*&${YEAR}`),
  ...far('names *A* and 70 days', (n) => `PatientName=*A*&StudyDate=${days(n, 70).join('-')}`),
  ...far('names SMI* and CT', () => 'PatientName=SMI*&ModalitiesInStudy=CT'),
  ...far('names BER* and CT', () => 'PatientName=BER*&ModalitiesInStudy=CT'),
  ...far('names *BERG* and MG', () => 'PatientName=*BERG*&ModalitiesInStudy=MG'),
  ...far('names *BERG*, CT and a year', () => `PatientName=*BERG*&ModalitiesInStudy=CT&${YEAR}`),
  ...far('names BER*, MR and a year', () => `PatientName=BER*&ModalitiesInStudy=MR&${YEAR}`),
  ...far('names that sound like one and a year', (n) => `${fuzzy(misspelt(n))}&${YEAR}`),
  ...far('CT or MR', () => 'ModalitiesInStudy=CT&ModalitiesInStudy=MR'),
  ...far('names *B?RG*', () => 'PatientName=*B?RG*'),
  ...far('names *in?ix*', (n) => `PatientName=*${questioned(n)}*`),
  ...far('names *B?RG* and a year', () => `PatientName=*B?RG*&${YEAR}`),
  ...far('names B?R*', () => 'PatientName=B?R*'),
  ...far('names BER*^G*', () => 'PatientName=BER*^G*'),
  ...far('names S*H*', () => 'PatientName=S*H*'),
  ...far('names *N^G*', () => 'PatientName=*N^G*'),
  ['exact PatientID', (n) => `PatientID=${studyFacts(n).patientID}`],
  ['exact AccessionNumber', (n) => `AccessionNumber=${studyFacts(n).accessionNumber}`],
];

/** The first and the last of some days; where dates begin anew there is a longer stretch. */
const days = (n: number, count: number): string[] =>
  [studyFacts(n).studyDate, studyFacts(n + count - 1).studyDate].sort();

/** Search of DICOMweb on the index alone, in this process: from the text of the query to the JSON of the answer. */
export function millionWebSection(bench: Bench): Promise<void> {
  const { studies: wanted, quick } = bench.options;
  const studies = wanted ?? (quick ? QUICK_STUDIES : STUDIES);
  const folder = mkdtempSync(
    join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : bench.folder, 'leadglass-bench-'),
  );
  const index = openIndex({ location: join(folder, 'index') });
  try {
    load(bench, index, studies);
    ask(bench, index, studies, quick ? QUICK_TIMES : TIMES);
  } finally {
    index.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return Promise.resolve();
}

/** Fills an index as it is made again from the packs. */
function load(bench: Bench, index: ArchiveIndex, studies: number): void {
  const maker = new EntryMaker();
  const loader = new IndexLoader(index);
  for (let n = 0; n < studies; n++) {
    for (const entry of maker.study(n)) loader.add(entry);
    if (n > 0 && n % (studies / 10) === 0) bench.report.note(`${n} studies`);
  }
  loader.flush(undefined);
  loader.finish();
  readMemory(bench, index);
}

/** What searches have in memory, read in steps as after a start. */
function readMemory(bench: Bench, index: ArchiveIndex): void {
  const steps: number[] = [];
  for (let isMore = true; isMore;) {
    const startedAt = performance.now();
    isMore = index.catchUp();
    steps.push(performance.now() - startedAt);
  }
  const ms = steps.reduce((sum, each) => sum + each, 0);
  steps.sort((a, b) => a - b);
  bench.report.note(
    `memory of searches read in ${short(ms)} ms, ${steps.length} steps, p50 ${short(quantile(steps, 0.5))}, ` +
      `p99 ${short(quantile(steps, 0.99))}, most ${short(quantile(steps, 1))} ms`,
  );
}

function ask(bench: Bench, index: ArchiveIndex, studies: number, times: number): void {
  const results = searches.map(([title, parameters]) => {
    const elapsed: number[] = [];
    const matches: number[] = [];
    for (let time = -WARM_UP_TIMES; time < times; time++) {
      const text = parameters(mixed(time + WARM_UP_TIMES, 15) % studies);
      const startedAt = performance.now();
      const found = answer(index, `${text}&limit=${PAGE}`);
      if (time < 0) continue;
      elapsed.push(performance.now() - startedAt);
      matches.push(found);
    }
    return { title, elapsed: elapsed.sort((a, b) => a - b), matches: matches.sort((a, b) => a - b) };
  });
  bench.report.table({
    title: `QIDO-RS on ${studies.toLocaleString('en-US')} studies, limit ${PAGE}, query text to JSON, ${times} searches each`,
    columns: ['search', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'matches returned (median)'],
    rows: results.map(({ title, elapsed, matches }) => [
      title,
      ...[0.5, 0.95, 0.99, 1].map((part) => short(quantile(elapsed, part))),
      quantile(matches, 0.5),
    ]),
    data: results,
  });
}

/** What the door and the operation do between reading the request and writing to the socket. @returns matches */
function answer(index: ArchiveIndex, text: string): number {
  const { query } = parseSearch(UriQuery.parse(text), { level: 'STUDY', resultsMax: RESULTS_MAX });
  const encode = matchEncoder(query, BASE_URL);
  const records: string[] = [];
  // One more is looked for, to tell whether there are more.
  const most = query.limit ?? RESULTS_MAX;
  for (const match of index.query({ ...query, limit: most + 1 }))
    if (records.length < most) records.push(encode(match));
  return Buffer.from(`[${records.join(',')}]`, 'utf8').length > 2 ? records.length : 0;
}
