import { quantile } from '../statistics.ts';
import type { JobResult } from './jobs.ts';
import type { RawAssociation } from './raw-association.ts';

/** What came of a job's requests. */
export class Tally {
  done = 0;
  bytes = 0;
  readonly #failures = new Map<string, number>();
  readonly #latencies: number[] = [];

  success(latencyMs: number, bytes = 0): void {
    this.done++;
    this.bytes += bytes;
    this.#latencies.push(latencyMs);
  }

  failure(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  status(status: number): void {
    this.failure(status.toString(16).toUpperCase().padStart(4, '0'));
  }

  result(elapsedMs: number, association: RawAssociation | undefined): JobResult {
    const sorted = this.#latencies.sort((a, b) => a - b);
    return {
      done: this.done,
      failures: Object.fromEntries(this.#failures),
      elapsedMs,
      bytes: this.bytes,
      latencyP50: quantile(sorted, 0.5),
      latencyP95: quantile(sorted, 0.95),
      transport: association?.transport ?? '',
      maximumLength: association?.maximumLength ?? 0,
    };
  }
}
