import { type AuditRun, runAudit } from '../../auditor/audit.ts';
import { Fleet, STUDY_PORTS } from '../../auditor/fleet.ts';
import type { PlantedPorts } from '../../auditor/planted-system.ts';
import { countries } from '../../auditor/study-2019.ts';
import { Scope } from '../../support/scope.ts';
import type { Bench } from '../bench.ts';
import { type AuditedNet, auditedNet } from '../data/audit-systems.ts';
import { orthancDefault } from '../peers/orthanc.ts';
import { range, ratioOf } from '../report.ts';
import { summarise } from '../statistics.ts';
import {
  auditor,
  type Auditor,
  type AuditSample,
  connector,
  nmap,
  nmapConnect,
  runEstimated,
  sampleOf,
} from './audit-runs.ts';

/** Ports of the comparison: those on which nmap's script asks and a scope file names by default. */
const COMPARED_PORTS = [104, 11112, 2762, 4242];
/** Ports of a scope file that names none. */
const DEFAULT_PORTS = [...COMPARED_PORTS, 80, 443, 8042, 8080, 8443];
/** Only root may listen on 104. */
const DICOM_PORTS = process.getuid?.() === 0 ? [11112, 4242, 104] : [11112, 4242];
const PLANTED_PORTS: PlantedPorts = { dicom: DICOM_PORTS, dicomTls: 2762, web: 8080 };

/** Addresses, and how many of them answer: hardly any, as in a network that is swept; some; as many as not. */
const comparisons = [
  { size: 254, systems: 3 },
  { size: 254, systems: 25 },
  { size: 2_300, systems: 23 },
  { size: 2_300, systems: 230 },
  { size: 2_300, systems: 1_150 },
] as const;

const QUICK_COMPARISONS = 3;

/** A /16 of which 100 answer; the bar is 60 seconds and 300 MB. */
const WIDE = { size: 65_536, systems: 100 };
/** At the polite five hosts a second: the sweep takes forty seconds. */
const POLITE = { size: 200, systems: 6 };
/** Those of a scope file that names none. */
const POLITE_RATES = { 'hosts-per-second': 5, 'half-pdu-wait-seconds': 40 };

/**
 * The auditor beside nmap's `dicom-ping`, on the same addresses of loopback, and how long its own runs take: a /16, a
 * polite one against its estimate, the study of 2019, an Orthanc.
 */
export async function auditSection(bench: Bench): Promise<void> {
  const { quick } = bench.options;
  const nets = comparisons.map(({ size, systems }, position) => auditedNet(position, size, systems));
  for (const net of quick ? nets.slice(0, QUICK_COMPARISONS) : nets) await compareAuditors(bench, net);
  const wide = auditedNet(comparisons.length, WIDE.size, WIDE.systems);
  for (const ports of [COMPARED_PORTS, DEFAULT_PORTS]) await wideAudit(bench, wide, ports);
  await studyAudit(bench);
  await orthancAudit(bench);
  if (quick) bench.report.remark('The polite run, which takes a minute and more, is left out by --quick.');
  else await politeAudit(bench, auditedNet(comparisons.length + 1, POLITE.size, POLITE.systems));
  bench.report.remark(
    'The audits leave D23 out, which waits 40 s for half a PDU, unless a row says otherwise: half-pdu-wait-seconds = 0. ' +
      "hosts/s is by each program's own clock: nmap's has the start of its script engine in it, the auditor's leaves loading " +
      'the program and writing the reports out; the next column has all of both.',
  );
}

/** Starts the systems of a net, lets the body audit them and ends them, whatever happens. */
async function withFleet(net: AuditedNet, body: (scope: Scope) => Promise<void>): Promise<void> {
  const scope = new Scope();
  try {
    await Fleet.start(scope, { systems: net.systems, ports: PLANTED_PORTS });
    await body(scope);
  } finally {
    await scope.close();
  }
}

function chosen(bench: Bench): Auditor[] {
  const { only } = bench.options;
  return [auditor, nmap, nmapConnect, connector].filter((each) => {
    if (only !== undefined && !only.includes(each.key)) return false;
    if (each.isInstalled()) return true;
    bench.report.remark(`${each.label} is left out: it is not installed (Debian: apt-get install nmap)`);
    return false;
  });
}

async function compareAuditors(bench: Bench, net: AuditedNet): Promise<void> {
  const auditors = chosen(bench);
  const samples = new Map(auditors.map((each): [Auditor, AuditSample[]] => [each, []]));
  await withFleet(net, async (scope) => {
    // The first round counts for nobody: the systems' own code has to be compiled too.
    for (let round = -1; round < bench.options.rounds; round++) {
      for (const each of auditors) {
        const sample = await each.run(scope, net, COMPARED_PORTS);
        if (round >= 0) samples.get(each)?.push(sample);
      }
    }
  });
  const size = net.addresses.length;
  const rate = (list: readonly AuditSample[], clock: 'scanSeconds' | 'processSeconds'): number[] =>
    list.map((sample) => size / sample[clock]);
  const ours = samples.get(auditor);
  const cells = (list: readonly AuditSample[], value: (sample: AuditSample) => number): string =>
    range(summarise(list.map(value)));
  bench.report.table({
    title: `${size} addresses, ${COMPARED_PORTS.length} ports, ${net.systems.length} systems answer, ${bench.options.rounds} rounds`,
    columns: [
      '',
      'hosts/s',
      'with start and reports',
      'connections/s',
      'CPU s',
      'peak MiB',
      'found',
      'auditor/it',
      'with start',
    ],
    rows: [...samples].map(([each, list]) => [
      each.label,
      range(summarise(rate(list, 'scanSeconds'))),
      range(summarise(rate(list, 'processSeconds'))),
      cells(list, ({ connections, scanSeconds }) => connections / scanSeconds),
      cells(list, ({ cpuSeconds }) => cpuSeconds),
      cells(list, ({ peakMiB }) => peakMiB),
      each === connector ? '' : cells(list, ({ systems }) => systems),
      ...(ours === undefined || each === auditor
        ? ['', '']
        : (['scanSeconds', 'processSeconds'] as const).map((clock) =>
            ratioOf(rate(ours, clock), rate(list, clock)),
          )),
    ]),
    data: Object.fromEntries([...samples].map(([{ key }, list]) => [key, list])),
  });
}

/** One row of the auditor's own runs. */
function ownRun(bench: Bench, title: string, runs: readonly AuditRun[], ports: readonly number[]): void {
  const list = runs.map((run) => sampleOf(run, ports));
  const cells = (value: (sample: AuditSample) => number): string => range(summarise(list.map(value)));
  const [first] = runs;
  const facts =
    first === undefined
      ? ''
      : `${first.report.scanned.addresses} addresses, ${first.report.findings.length} findings`;
  bench.report.table({
    title: `${title}: ${facts}`,
    columns: ['seconds', 'with start and reports', 'connections/s', 'CPU s', 'peak MiB', 'systems'],
    rows: [
      [
        cells(({ scanSeconds }) => scanSeconds),
        cells(({ processSeconds }) => processSeconds),
        cells(({ connections, scanSeconds }) => connections / scanSeconds),
        cells(({ cpuSeconds }) => cpuSeconds),
        cells(({ peakMiB }) => peakMiB),
        cells(({ systems }) => systems),
      ],
    ],
    data: list,
  });
}

/** Long runs are made less often: their spread is small. */
const LONG_ROUNDS_MAX = 2;

async function audits(bench: Bench, run: () => Promise<AuditRun>): Promise<AuditRun[]> {
  const runs: AuditRun[] = [];
  for (let round = 0; round < Math.min(bench.options.rounds, LONG_ROUNDS_MAX); round++)
    runs.push(await run());
  return runs;
}

async function wideAudit(bench: Bench, net: AuditedNet, ports: readonly number[]): Promise<void> {
  await withFleet(net, async (scope) => {
    const ranges = net.blocks.map((cidr) => ({ cidr }));
    const runs = await audits(bench, () => runAudit(scope, { ranges, ports }));
    ownRun(bench, `A /16 on ${ports.length} ports`, runs, ports);
  });
}

async function studyAudit(bench: Bench): Promise<void> {
  const scope = new Scope();
  try {
    await Fleet.start(scope);
    const ports = [...STUDY_PORTS.dicom, STUDY_PORTS.dicomTls, STUDY_PORTS.web];
    const ranges = countries.map(({ cidr, country }) => ({ cidr, country }));
    const runs = await audits(bench, () => runAudit(scope, { ranges, ports, optIns: ['counting'] }));
    ownRun(bench, 'The study of 2019, counting', runs, ports);
  } finally {
    await scope.close();
  }
}

async function orthancAudit(bench: Bench): Promise<void> {
  for (const peer of bench.choose([orthancDefault], 'clear')) {
    await bench.withPeers([peer], 'clear', async ([running]) => {
      const ports = [running?.target.port ?? 0];
      const scope = new Scope();
      try {
        for (const [title, rates] of [
          ['Orthanc, every default check, D23 too', POLITE_RATES],
          ['Orthanc, all default checks but D23', {}],
        ] as const) {
          const run = await runAudit(scope, { ranges: [{ cidr: '127.0.0.1/32' }], ports, rates });
          ownRun(bench, title, [run], ports);
        }
      } finally {
        await scope.close();
      }
    });
  }
}

async function politeAudit(bench: Bench, net: AuditedNet): Promise<void> {
  await withFleet(net, async (scope) => {
    const { run, estimatedSeconds } = await runEstimated(scope, {
      ranges: net.blocks.map((cidr) => ({ cidr })),
      ports: DEFAULT_PORTS,
      rates: POLITE_RATES,
    });
    const { scanSeconds } = sampleOf(run, DEFAULT_PORTS);
    bench.report.table({
      title: `Polite defaults: ${net.addresses.length} addresses at 5 a second, ${net.systems.length} systems answer`,
      columns: ['estimated s', 'taken s', 'estimate/taken'],
      rows: [[estimatedSeconds, scanSeconds.toFixed(1), (estimatedSeconds / scanSeconds).toFixed(2)]],
      data: { estimatedSeconds, scanSeconds },
    });
  });
}
