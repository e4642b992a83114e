import { findWorkload } from './find.ts';
import { getWorkload } from './get.ts';
import { holdWorkload } from './hold.ts';
import type { Job, JobResult } from './jobs.ts';
import { RawAssociation } from './raw-association.ts';
import { storeWorkload } from './store.ts';
import { Tally } from './tally.ts';
import type { Workload } from './workload.ts';

function workloadOf(job: Job): Workload {
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

/** A job in its three steps, so that the clock and the server's CPU time are read between them. */
export class RunningJob {
  readonly #workload: Workload;
  readonly #associations: readonly RawAssociation[];

  private constructor(workload: Workload, associations: readonly RawAssociation[]) {
    this.#workload = workload;
    this.#associations = associations;
  }

  /** Opens the associations and makes everything that is sent. */
  static async prepare(job: Job): Promise<RunningJob> {
    const workload = workloadOf(job);
    const associations: RawAssociation[] = [];
    for (let index = 0; index < job.associations; index++) {
      const association = await RawAssociation.open(job.target, workload.proposal);
      associations.push(association);
      workload.prepare?.(association, index);
    }
    return new RunningJob(workload, associations);
  }

  async run(): Promise<JobResult> {
    const tally = new Tally();
    const startedAt = performance.now();
    const parts = this.#associations.map((association, index) =>
      this.#workload.run(association, index, tally),
    );
    await Promise.all(parts);
    return tally.result(performance.now() - startedAt, this.#associations[0]);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#associations.map((association) => association.release()));
  }
}
