import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClientProcess } from './client/client-process.ts';
import type { Job, JobResult } from './client/jobs.ts';
import { type EmptyInstallation, leadglass, makeInstallation, removeIndex } from './peers/leadglass.ts';
import type { Peer, Place, RunningPeer, Transport } from './peers/peer.ts';
import { killAllServers } from './peers/server-process.ts';
import { FilledMemory, isInMemory, syncDisks } from './machine.ts';
import type { Options } from './options.ts';
import { UsageMeter } from './process-usage.ts';
import type { Report, Sample } from './report.ts';

/** What every section needs: the client, folders, numbers of runs, somewhere to report. */
export class Bench {
  readonly options: Options;
  readonly report: Report;
  readonly folder: string;
  readonly client = new ClientProcess();
  readonly #filledMemory: FilledMemory | undefined;
  readonly installation: EmptyInstallation;
  #runs = 0;
  #folders = 0;

  private constructor(options: Options, report: Report, folder: string, installation: EmptyInstallation) {
    this.options = options;
    this.report = report;
    this.folder = folder;
    this.installation = installation;
    this.#filledMemory = options.cold || isInMemory(folder) ? undefined : new FilledMemory(folder);
  }

  /** @param folder empty; everything that is made goes there */
  static async open(options: Options, report: Report, folder: string): Promise<Bench> {
    return new Bench(options, report, folder, await makeInstallation(join(folder, 'empty')));
  }

  /** Ends everything it started; the folder is its caller's to remove. */
  close(): void {
    killAllServers();
    this.client.close();
    this.#filledMemory?.close();
    removeIndex(this.installation.dataFolder);
  }

  /** Before a group, and before each turn: nobody who is measured has to be the first to touch a page of memory. */
  fillMemory(): void {
    this.#filledMemory?.fill();
  }

  /** A number that no run had yet: what it stores is new to every peer. */
  nextRun(): number {
    return ++this.#runs;
  }

  /** Profiles are kept outside the folder that is removed. */
  leadglass(profileFolder?: string): Peer {
    return leadglass({ installation: this.installation, profileFolder });
  }

  /** Those of the peers that are installed, wanted and speak the transport. */
  choose(peers: readonly Peer[], transport: Transport): Peer[] {
    const { only } = this.options;
    return peers.filter((peer) => {
      if (!peer.transports.includes(transport)) return false;
      if (only !== undefined && !only.includes(peer.key)) return false;
      if (peer.isInstalled()) return true;
      this.report.remark(
        `${peer.label} is left out: it is not installed (Debian: apt-get install orthanc orthanc-dicomweb nginx dcmtk)`,
      );
      return false;
    });
  }

  place(transport: Transport): Place {
    const folder = join(this.folder, `peer-${++this.#folders}`);
    mkdirSync(folder);
    const { clientCertificate, serverCertificate } = this.installation;
    return { folder, transport, clientCertificate, serverCertificate };
  }

  /** Starts peers, lets the body measure them, stops them and removes what they stored. */
  async withPeers(
    peers: readonly Peer[],
    transport: Transport,
    body: (running: readonly RunningPeer[]) => Promise<void>,
  ): Promise<void> {
    this.fillMemory();
    const running: RunningPeer[] = [];
    const places: Place[] = [];
    try {
      for (const peer of peers) {
        const place = this.place(transport);
        places.push(place);
        running.push(await peer.start(place));
      }
      await body(running);
    } finally {
      for (const each of running) await each.stop();
      for (const { folder } of places) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** One measurement: associations are open before the clock starts and stay so until it stops. */
  async measure(running: RunningPeer, job: Job): Promise<Sample> {
    syncDisks();
    try {
      await this.client.prepare(job);
      const meter = new UsageMeter(running.process.pid, running.front?.pid);
      const result = await this.client.run();
      const usage = meter.stop();
      await this.client.finish();
      return { result, usage };
    } catch (error) {
      // The others' figures still count.
      const reason = error instanceof Error ? error.message : String(error);
      return { result: nothingDone(reason), usage: { cpuMs: NaN, peakMiB: NaN } };
    }
  }
}

function nothingDone(reason: string): JobResult {
  return {
    done: 0,
    failures: { [reason]: 1 },
    elapsedMs: NaN,
    bytes: 0,
    latencyP50: NaN,
    latencyP95: NaN,
    transport: '',
    maximumLength: 0,
  };
}

/** Bytes of a file; 0 when it is not there. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
