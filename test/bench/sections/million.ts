import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DataSet, Tag, TransferSyntaxUID, transferSyntax, writeDataSet } from '@leadglass/dicom';
import type { TransferSyntax } from '@leadglass/dicom';
import {
  type ArchiveIndex,
  type IndexEntry,
  matchToDataSet,
  openIndex,
  parseQuery,
} from '../../../packages/server/src/archive/index/index.ts';
import { IndexLoader } from '../../../packages/server/src/archive/index-loader.ts';
import { type Bench, sizeOf } from '../bench.ts';
import { EntryMaker } from '../data/index-entries.ts';
import { mixed, studyFacts } from '../data/studies.ts';
import { studyUID } from '../data/uids.ts';
import { short } from '../report.ts';
import { quantile } from '../statistics.ts';

const STUDIES = 1_000_000;
const QUICK_STUDIES = 50_000;
/** Studies that are timed together. */
const BATCH = 1000;
/** Part of the studies that is added once more as many come, when the index is full: as in an archive that is running. */
const ADDED_AFTERWARDS = 0.05;
const TIMES = 400;
const WARM_UP_TIMES = 20;
/** First matches of a list, as a worklist shows them. */
const LIMIT = 50;
const MEMORY_FOLDER = '/dev/shm';
const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian) as TransferSyntax;

/** The archive's index alone, with more studies than most houses will ever have, in this process. */
export function millionSection(bench: Bench): Promise<void> {
  const studies = bench.options.studies ?? (bench.options.quick ? QUICK_STUDIES : STUDIES);
  const folder = mkdtempSync(
    join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : bench.folder, 'leadglass-bench-'),
  );
  try {
    const file = join(folder, 'index');
    bench.fillMemory();
    load(bench, file, studies);
    ask(bench, file, studies);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return Promise.resolve();
}

/** Time of this thread's work, and of the machine's processors for it. */
class Stopwatch {
  ms = 0;
  cpuMs = 0;

  time(work: () => void): void {
    const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
    work();
    this.ms += performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuBefore);
    this.cpuMs += (user + system) / 1000;
  }
}

/** Fills an index as it is made again from the packs, then adds to it as a running archive does. */
function load(bench: Bench, file: string, studies: number): void {
  const maker = new EntryMaker();
  const index = openIndex({ location: file });
  const loader = new IndexLoader(index);
  const [filling, finishing, adding] = [new Stopwatch(), new Stopwatch(), new Stopwatch()];
  const batchFrom = (from: number, end: number): IndexEntry[] =>
    Array.from({ length: Math.min(BATCH, end - from) }, (_, at) => maker.study(from + at)).flat();
  for (let from = 0; from < studies; from += BATCH) {
    const batch = batchFrom(from, studies);
    filling.time(() => {
      for (const entry of batch) if (!loader.has(entry.attributes.sopInstanceUID)) loader.add(entry);
    });
    if (from > 0 && from % (studies / 10) === 0)
      bench.report.note(`${from} studies: ${short((from / filling.ms) * 1000)}/s`);
  }
  filling.time(() => loader.flush(undefined));
  finishing.time(() => loader.finish());
  const { instances } = index.statistics();
  const bytes = [file, `${file}-wal`, `${file}-shm`].reduce((sum, each) => sum + sizeOf(each), 0);
  const more = studies * ADDED_AFTERWARDS;
  for (let from = studies; from < studies + more; from += BATCH) {
    const batch = batchFrom(from, studies + more);
    adding.time(() => index.add(batch));
  }
  const closingFrom = performance.now();
  index.close();
  const rates = {
    all: (studies / (filling.ms + finishing.ms)) * 1000,
    ofCPU: (studies / (filling.cpuMs + finishing.cpuMs)) * 1000,
    addedAfterwards: (more / adding.ms) * 1000,
  };
  bench.report.table({
    title: `Index of ${studies.toLocaleString('en-US')} studies, ${instances.toLocaleString('en-US')} instances`,
    columns: [
      'studies/s filled',
      'per second of CPU',
      'of it finishing, s',
      'studies/s added afterwards',
      'index, MB',
      'bytes/study',
      'to close, ms',
      'RSS, MiB',
    ],
    rows: [
      [
        short(rates.all),
        short(rates.ofCPU),
        short(finishing.ms / 1000),
        short(rates.addedAfterwards),
        short(bytes / 1e6),
        short(bytes / studies),
        short(performance.now() - closingFrom),
        short(process.memoryUsage.rss() / 1024 / 1024),
      ],
    ],
    data: { ...rates, fillingMs: filling.ms, finishingMs: finishing.ms, bytes, instances },
  });
}

type MakeKeys = (n: number) => Readonly<Record<number, string>>;

const plans: readonly (readonly [string, MakeKeys])[] = [
  ['exact PatientID', (n) => ({ [Tag.PatientID]: studyFacts(n).patientID })],
  ['exact AccessionNumber', (n) => ({ [Tag.AccessionNumber]: studyFacts(n).accessionNumber })],
  [
    'exact StudyInstanceUID',
    (n) => ({ [Tag.StudyInstanceUID]: studyUID({ run: 1, association: 0, study: n, instance: 0 }) }),
  ],
  ['name SMI*', () => ({ [Tag.PatientName]: 'SMI*' })],
  [
    'name, first 3 letters of one',
    (n) => ({ [Tag.PatientName]: `${studyFacts(n).patientName.slice(0, 3)}*` }),
  ],
  [
    'name, first 6 letters of one',
    (n) => ({ [Tag.PatientName]: `${studyFacts(n).patientName.slice(0, 6)}*` }),
  ],
  ['name *infix* of 3 letters', (n) => ({ [Tag.PatientName]: `*${studyFacts(n).patientName.slice(2, 5)}*` })],
  ['name *infix* of 6 letters', (n) => ({ [Tag.PatientName]: `*${studyFacts(n).patientName.slice(2, 8)}*` })],
  ['name *infix* nobody has', (n) => ({ [Tag.PatientName]: `*QQ${n % 10}X*` })],
  ['StudyDate, one day', (n) => ({ [Tag.StudyDate]: studyFacts(n).studyDate })],
  ['StudyDate, a range of 30 days', (n) => ({ [Tag.StudyDate]: days(n, 30) })],
  [
    'modality + StudyDate, one day',
    (n) => ({ [Tag.ModalitiesInStudy]: studyFacts(n).modality, [Tag.StudyDate]: studyFacts(n).studyDate }),
  ],
  [
    'modality + 30 days',
    (n) => ({ [Tag.ModalitiesInStudy]: studyFacts(n).modality, [Tag.StudyDate]: days(n, 30) }),
  ],
  ['SMI* + 60 days', (n) => ({ [Tag.PatientName]: 'SMI*', [Tag.StudyDate]: days(n, 60) })],
  ['SMI* + 30 days', (n) => ({ [Tag.PatientName]: 'SMI*', [Tag.StudyDate]: days(n, 30) })],
];

const DAY_MS = 86_400_000;

function days(n: number, length: number): string {
  const first = studyFacts(n).studyDate;
  const time = Date.UTC(Number(first.slice(0, 4)), Number(first.slice(4, 6)) - 1, Number(first.slice(6)));
  const last = new Date(time + length * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
  return `${first}-${last}`;
}

const returned = [
  Tag.StudyTime,
  Tag.AccessionNumber,
  Tag.ModalitiesInStudy,
  Tag.ReferringPhysicianName,
  Tag.StudyDescription,
  Tag.PatientName,
  Tag.PatientID,
  Tag.PatientBirthDate,
  Tag.PatientSex,
  Tag.StudyInstanceUID,
  Tag.StudyID,
  Tag.NumberOfStudyRelatedSeries,
  Tag.NumberOfStudyRelatedInstances,
];

function ask(bench: Bench, file: string, studies: number): void {
  const openingFrom = performance.now();
  const index = openIndex({ location: file });
  bench.report.note(`opened again in ${short(performance.now() - openingFrom)} ms`);
  const results = plans.map(([title, makeKeys]) => {
    const times: number[] = [];
    const matches: number[] = [];
    for (let time = -WARM_UP_TIMES; time < TIMES; time++) {
      const identifier = identifierOf(makeKeys(mixed(time + WARM_UP_TIMES, 15) % studies));
      const startedAt = performance.now();
      const found = answer(index, identifier);
      if (time < 0) continue;
      times.push(performance.now() - startedAt);
      matches.push(found);
    }
    return { title, times: times.sort((a, b) => a - b), matches: matches.sort((a, b) => a - b) };
  });
  index.close();
  bench.report.table({
    title: `First ${LIMIT} matches, from the identifier to encoded responses, ${TIMES} queries each`,
    columns: ['query', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'matches returned (median)'],
    rows: results.map(({ title, times, matches }) => [
      title,
      ...[0.5, 0.95, 0.99, 1].map((part) => short(quantile(times, part))),
      quantile(matches, 0.5),
    ]),
    data: results,
  });
}

function identifierOf(keys: Readonly<Record<number, string>>): DataSet {
  const identifier = new DataSet();
  identifier.set(Tag.QueryRetrieveLevel, 'STUDY');
  for (const tag of returned) identifier.set(tag, '');
  for (const [tag, value] of Object.entries(keys)) identifier.set(Number(tag), value);
  return identifier;
}

/** What C-FIND does between reading the request and writing to the socket. @returns how many matches */
function answer(index: ArchiveIndex, identifier: DataSet): number {
  const query = parseQuery(identifier, { root: 'STUDY', limit: LIMIT });
  let matches = 0;
  for (const match of index.query(query)) {
    writeDataSet(matchToDataSet(match, query, { retrieveAETitle: 'LEADGLASS' }), syntax);
    matches++;
  }
  return matches;
}
