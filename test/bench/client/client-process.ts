import { type ChildProcess, fork } from 'node:child_process';
import type { FromClient, Job, JobResult, ToClient } from './jobs.ts';

/** The client's process as the bench sees it. */
export class ClientProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL('main.ts', import.meta.url), { serialization: 'advanced', execArgv: [] });
  }

  /** Opens the job's associations. @throws Error when the peer does not take them */
  async prepare(job: Job): Promise<void> {
    await this.#ask({ type: 'prepare', job });
  }

  async run(): Promise<JobResult> {
    const answer = await this.#ask({ type: 'go' });
    if (answer.type !== 'done') throw new Error(`unexpected: ${answer.type}`);
    return answer.result;
  }

  /** Releases the job's associations. */
  async finish(): Promise<void> {
    await this.#ask({ type: 'finish' });
  }

  close(): void {
    this.#child.disconnect();
  }

  #ask(message: ToClient): Promise<FromClient> {
    return new Promise((resolve, reject) => {
      const exited = (): void => reject(new Error('the client process ended'));
      this.#child.once('exit', exited);
      this.#child.once('message', (answer: FromClient) => {
        this.#child.off('exit', exited);
        if (answer.type === 'failed') reject(new Error(answer.reason));
        else resolve(answer);
      });
      this.#child.send(message);
    });
  }
}
