import { fetchWork } from './fetch.ts';
import { findWorkload } from './find.ts';
import { getWorkload } from './get.ts';
import { holdWorkload } from './hold.ts';
import type { FindJob, GetJob, HoldJob, Job, JobResult, StoreJob, Target } from './jobs.ts';
import { RawAssociation } from './raw-association.ts';
import { storeWorkload } from './store.ts';
import { stowWork } from './stow.ts';
import { Tally } from './tally.ts';
import type { Connection, Work, Workload } from './workload.ts';

function workloadOf(job: StoreJob | GetJob | FindJob | HoldJob): Workload {
  switch (job.kind) {
    case 'store':
      return storeWorkload(job);
    case 'get':
      return getWorkload(job);
    case 'find':
      return findWorkload(job);
    case 'hold':
      return holdWorkload();
  }
}

function overDIMSE(workload: Workload, target: Target): Work<RawAssociation> {
  return {
    async open(index) {
      const association = await RawAssociation.open(target, workload.proposal);
      workload.prepare?.(association, index);
      return association;
    },
    run: (association, index, tally) => workload.run(association, index, tally),
  };
}

interface Part {
  readonly connection: Connection;
  readonly run: (tally: Tally) => Promise<void>;
}

/** A job in its three steps, so that the clock and the server's CPU time are read between them. */
export class RunningJob {
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** Opens the connections and makes everything that is sent. */
  static prepare(job: Job): Promise<RunningJob> {
    if (job.kind === 'fetch') return RunningJob.#open(fetchWork(job), job.clients);
    if (job.kind === 'stow') return RunningJob.#open(stowWork(job), job.clients);
    return RunningJob.#open(overDIMSE(workloadOf(job), job.target), job.associations);
  }

  static async #open<Kind extends Connection>(work: Work<Kind>, connections: number): Promise<RunningJob> {
    const parts: Part[] = [];
    for (let index = 0; index < connections; index++) {
      const connection = await work.open(index);
      parts.push({ connection, run: (tally) => work.run(connection, index, tally) });
    }
    return new RunningJob(parts);
  }

  async run(): Promise<JobResult> {
    const tally = new Tally();
    const startedAt = performance.now();
    await Promise.all(this.#parts.map(({ run }) => run(tally)));
    return tally.result(performance.now() - startedAt, this.#parts[0]?.connection);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#parts.map(({ connection }) => connection.release()));
  }
}
