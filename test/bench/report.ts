import { writeFileSync } from 'node:fs';
import type { JobResult } from './client/jobs.ts';
import type { MachineFacts } from './machine.ts';
import type { Usage } from './process-usage.ts';
import { summarise, type Summary } from './statistics.ts';

export interface Sample {
  readonly result: JobResult;
  readonly usage: Usage;
}

export type Cell = string | number;

/** A table as printed, with the samples behind it. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Everything that was measured, for the JSON. */
  readonly data: unknown;
}

/** A machine with nothing else to do stays below. */
const BUSY_LOAD = 0.7;

/** Prints results as they come, and keeps them for the JSON file. */
export class Report {
  readonly #tables: Table[] = [];
  readonly #remarks = new Set<string>();
  #machine: MachineFacts | undefined;

  machine(facts: MachineFacts): void {
    this.#machine = facts;
    const { cores, model, memoryGiB, kernel, node, loadAverage, sync525KB, sync4KB } = facts;
    this.say(
      `${cores} cores (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, load average ${loadAverage.toFixed(2)}\n` +
        `fdatasync p50/p95: 0.5 MB ${sync525KB.map((ms) => ms.toFixed(2)).join('/')} ms, ` +
        `4 KB ${sync4KB.map((ms) => ms.toFixed(2)).join('/')} ms; client and server share the cores`,
    );
    if (loadAverage > BUSY_LOAD) {
      this.remark(
        `Load average ${loadAverage.toFixed(1)} at the start: other work ran here too; only the ratios mean something.`,
      );
    }
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Progress: not part of the result. */
  note(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }

  /** Said once, and again at the end. */
  remark(text: string): void {
    this.#remarks.add(text);
  }

  table(table: Table): void {
    this.#tables.push(table);
    this.say(`\n${table.title}\n${textOf(table)}`);
  }

  finish(file: string): void {
    if (this.#remarks.size > 0) this.say(`\n${[...this.#remarks].map((text) => `* ${text}`).join('\n')}`);
    const content = {
      at: new Date().toISOString(),
      machine: this.#machine,
      remarks: [...this.#remarks],
      tables: this.#tables,
    };
    writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
    this.say(`\nall samples: ${file}`);
  }
}

function textOf({ columns, rows }: Table): string {
  const lines = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const format = (line: readonly string[]): string =>
    line
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return lines.map((line) => `  ${format(line)}`).join('\n');
}

/** A number with three digits that matter. */
export function short(value: number): string {
  if (Number.isNaN(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** 'median (least-greatest)'. */
export function range({ median, min, max }: Summary): string {
  return min === max ? short(median) : `${short(median)} (${short(min)}-${short(max)})`;
}

/** Leadglass over the peer, round by round: 'x2.10 (1.90-2.30)'. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = theirs.map((value, round) => (ours[round] ?? NaN) / value);
  return `x${range(summarise(ratios))}`;
}

export function failuresOf(samples: readonly Sample[]): string {
  const counts = new Map<string, number>();
  for (const { result } of samples) {
    for (const [reason, count] of Object.entries(result.failures))
      counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts].map(([reason, count]) => `${count} x ${reason}`).join(', ');
}
