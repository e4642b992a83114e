import { parseArgs } from 'node:util';

export const sectionNames = [
  'start',
  'memory',
  'store',
  'get',
  'web',
  'frames',
  'find',
  'qido',
  'million',
  'million-web',
  'soak',
  'audit',
] as const;
export type SectionName = (typeof sectionNames)[number];

/** Run when none is named: each of the others takes minutes. */
const usual: readonly SectionName[] = ['start', 'memory', 'store', 'get', 'web'];

export const USAGE = `npm run bench -- [SECTION...] [OPTION...]

Sections (default: ${usual.join(' ')}; all: every one)
  start     from the start of the process to the first C-ECHO
  memory    idle, with 200 and 500 associations, with 8 associations storing 200 MB each
  store     C-STORE of CT, DX and SR, 1 and 8 associations
  get       C-GET of a study of 200 CT, 1 and 8 clients
  web       DICOMweb: frames, instances, a study, metadata, STOW-RS, beside Orthanc's plugin; 1, 4 and 8 clients
  frames    one frame, beside Orthanc's plugin and bare Node.js
  find      C-FIND on 100,000 studies (loading takes minutes)
  qido      QIDO-RS on the same studies; with find they are loaded once
  million   the index alone with 1,000,000 studies
  million-web  the same through the search of DICOMweb, first pages and far ones
  soak      two minutes of 64 readers over the web while 8 associations store (15 s with --quick)
  audit     the auditor beside nmap's dicom-ping on loopback; a /16, the study of 2019, Orthanc, a polite run

Options
  --rounds N         measured rounds, peers taking turns (default 5; 2 with --quick)
  --quick            fewer rounds, fewer instances
  --only A,B         peers: leadglass orthanc orthanc-tuned orthanc-clear storescp dcmqrscp ceiling orthanc-as-shipped storescp-as-shipped
                     nmap nmap-connect ceiling-sends ceiling-decrypts
  --data A,B         of store: CT DX SR (default all)
  --transport A,B    clear, TLS (default both)
  --studies N        studies of find, qido, million and million-web, instead of 100,000 and 1,000,000
  --cold             leaves free memory as it is; otherwise it is filled before each turn, as on a machine in use
  --profile          Leadglass with --cpu-prof; prints where its threads spend their time
  --out FILE         results as JSON (default: in the temporary folder, printed at the end)`;

export interface Options {
  readonly sections: readonly SectionName[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly only: readonly string[] | undefined;
  readonly data: readonly string[];
  readonly transports: readonly string[];
  readonly studies: number | undefined;
  /** Free memory is left as it is. */
  readonly cold: boolean;
  readonly profile: boolean;
  readonly out: string | undefined;
}

/** @throws Error that says what is wrong with the command line; undefined when help is asked for */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      data: { type: 'string' },
      transport: { type: 'string' },
      studies: { type: 'string' },
      cold: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, cold, profile, out } = values;
  return {
    sections: sectionsOf(positionals),
    rounds: whole('--rounds', values.rounds) ?? (quick ? 2 : 5),
    quick,
    only: values.only?.split(','),
    data: values.data?.split(',') ?? ['CT', 'DX', 'SR'],
    transports: values.transport?.split(',') ?? ['clear', 'TLS'],
    studies: whole('--studies', values.studies),
    cold,
    profile,
    out,
  };
}

function sectionsOf(names: readonly string[]): readonly SectionName[] {
  if (names.length === 0) return usual;
  if (names.includes('all')) return sectionNames;
  const unknown = names.find((name) => !sectionNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new Error(`no section ${unknown}; there are ${sectionNames.join(', ')}, all`);
  return sectionNames.filter((name) => names.includes(name));
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} is a whole number`);
  return Number(text);
}
