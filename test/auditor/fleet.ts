import { type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../support/scope.ts';
import { waitFor } from '../support/wait-for.ts';
import type { PlantedPorts } from './planted-system.ts';
import type { PlantedSystem } from './study-2019.ts';

/** A registered DICOM port that needs no privilege and that other tests leave alone. */
export const DICOM_PORT = 2345;
export const DICOM_TLS_PORT = 2762;
export const WEB_PORT = 8088;

/** Where the systems of the study listen. */
export const STUDY_PORTS: PlantedPorts = { dicom: [DICOM_PORT], dicomTls: DICOM_TLS_PORT, web: WEB_PORT };

/** Other systems than those of the study. */
export interface FleetPlan {
  readonly systems: readonly PlantedSystem[];
  readonly ports: PlantedPorts;
}

const START_TIMEOUT_MS = 120_000;

/** The planted systems, in a process of their own: what they cost is not the auditor's. */
export class Fleet {
  readonly #child: ChildProcess;
  #readyLines: string[] = [];
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    let text = '';
    child.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      this.#readyLines = text.split('\n').filter((line) => line.startsWith('ready '));
    });
    child.stderr?.on(
      'data',
      (bytes: Buffer) => (this.#stderr = (this.#stderr + bytes.toString()).slice(-4000)),
    );
  }

  /** The systems of the study, or those of a plan. */
  static async start(scope: Scope, plan?: FleetPlan): Promise<Fleet> {
    const args = [fileURLToPath(new URL('./fleet-process.ts', import.meta.url))];
    if (plan !== undefined) {
      const file = join(scope.folder('fleet'), 'plan.json');
      writeFileSync(file, JSON.stringify(plan));
      args.push(file);
    }
    const fleet = new Fleet(scope.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
    await fleet.#ready(1);
    return fleet;
  }

  /** Sixty days pass. */
  async later(): Promise<void> {
    this.#child.stdin?.write('later\n');
    await this.#ready(2);
  }

  /** Systems that listen now. */
  get listening(): number {
    return Number(this.#readyLines.at(-1)?.split(' ')[1]);
  }

  async #ready(times: number): Promise<void> {
    await waitFor(
      'the planted systems',
      () => {
        if (this.#child.exitCode !== null) throw new Error(`the planted systems ended: ${this.#stderr}`);
        return this.#readyLines.length >= times;
      },
      START_TIMEOUT_MS,
    );
  }
}
