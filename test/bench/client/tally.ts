import { quantile } from '../statistics.ts';
import type { JobResult, Latencies } from './jobs.ts';

export interface Success {
  readonly bytes?: number;
  /** What was done, when it is not one thing. */
  readonly count?: number;
  readonly firstByteMs?: number;
  readonly label?: string | undefined;
}

/** What came of a job's requests. */
export class Tally {
  done = 0;
  bytes = 0;
  readonly #failures = new Map<string, number>();
  readonly #latencies: number[] = [];
  readonly #firstBytes: number[] = [];
  readonly #labelled = new Map<string, number[]>();

  success(latencyMs: number, { bytes = 0, count = 1, firstByteMs, label }: Success = {}): void {
    this.done += count;
    this.bytes += bytes;
    this.#latencies.push(latencyMs);
    if (firstByteMs !== undefined) this.#firstBytes.push(firstByteMs);
    if (label === undefined) return;
    const known = this.#labelled.get(label);
    if (known) known.push(latencyMs);
    else this.#labelled.set(label, [latencyMs]);
  }

  failure(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  status(status: number): void {
    this.failure(status.toString(16).toUpperCase().padStart(4, '0'));
  }

  /** @param connection one of those that were used */
  result(
    elapsedMs: number,
    connection: { readonly transport: string; readonly maximumLength: number } | undefined,
  ): JobResult {
    const { p50, p95 } = latenciesOf(this.#latencies);
    const labelled = [...this.#labelled].map(([label, times]) => [label, latenciesOf(times)] as const);
    return {
      done: this.done,
      failures: Object.fromEntries(this.#failures),
      elapsedMs,
      bytes: this.bytes,
      latencyP50: p50,
      latencyP95: p95,
      ...(this.#firstBytes.length === 0 ? {} : { firstByte: latenciesOf(this.#firstBytes) }),
      ...(labelled.length === 0 ? {} : { labelled: Object.fromEntries(labelled) }),
      transport: connection?.transport ?? '',
      maximumLength: connection?.maximumLength ?? 0,
    };
  }
}

function latenciesOf(times: readonly number[]): Latencies {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
  };
}
