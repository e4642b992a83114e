import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Bench } from './bench.ts';

const TOP = 25;
/** What ran shorter is no thread of the server: its shell script asks for the version of Node first. */
const RUN_MIN_MS = 1500;

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** As V8 writes it with --cpu-prof. */
interface CPUProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

/** With --profile, gives the body a folder for profiles and afterwards prints where each thread's time went. */
export async function withProfile(
  bench: Bench,
  name: string,
  body: (profileFolder: string | undefined) => Promise<void>,
): Promise<void> {
  if (!bench.options.profile) {
    await body(undefined);
    return;
  }
  const folder = join(tmpdir(), `leadglass-profile-${process.pid}`, name);
  mkdirSync(folder, { recursive: true });
  await body(folder);
  bench.report.remark(
    `CPU profiles are in ${folder}; times include the start, and measuring them costs some.`,
  );
  for (const file of readdirSync(folder).filter((each) => each.endsWith('.cpuprofile'))) {
    printProfile(bench, name, join(folder, file));
  }
}

/** One file is one thread. */
function printProfile(bench: Bench, name: string, file: string): void {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CPUProfile;
  const selfMs = new Map<string, number>();
  const labels = new Map(profile.nodes.map(({ id, callFrame }) => [id, labelOf(callFrame)]));
  let totalMs = 0;
  for (const [at, id] of profile.samples.entries()) {
    const ms = (profile.timeDeltas[at] ?? 0) / 1000;
    const label = labels.get(id) ?? '?';
    totalMs += ms;
    selfMs.set(label, (selfMs.get(label) ?? 0) + ms);
  }
  if (totalMs < RUN_MIN_MS) return;
  const idleMs = selfMs.get('(idle)') ?? 0;
  const busyMs = totalMs - idleMs;
  const top = [...selfMs].filter(([label]) => label !== '(idle)').sort(([, a], [, b]) => b - a);
  bench.report.table({
    title: `${name}, ${threadOf(file)}: busy ${(busyMs / 1000).toFixed(1)} s, idle ${(idleMs / 1000).toFixed(1)} s`,
    columns: ['function', 'self ms', '% of busy'],
    rows: top.slice(0, TOP).map(([label, ms]) => [label, ms.toFixed(0), ((100 * ms) / busyMs).toFixed(1)]),
    data: { file },
  });
}

/** Files are called CPU.date.time.process.thread.number.cpuprofile; thread 0 is the main one. */
function threadOf(file: string): string {
  const thread = basename(file).split('.')[4] ?? '?';
  return thread === '0' ? 'main thread' : `worker ${thread}`;
}

function labelOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
  return `${functionName === '' ? '(anonymous)' : functionName}${place}`;
}
