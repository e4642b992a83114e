import { ParseError, Tag, tagHex } from '@leadglass/dicom';
import { textOf } from './answers.ts';
import { BackingOff, type BackingOffOptions } from './backing-off.ts';
import { DicomwebError } from './client-error.ts';
import type { HttpConnection } from './http-connection.ts';
import { InstanceFiles } from './instance-files.ts';
import type { InstanceUIDs } from './part10-check.ts';
import { retrieveFiles, type RetrieveTarget } from './retrieve.ts';
import { searchRecords, UNIQUE_KEY } from './search.ts';

/** Requests at the same time: one waits for the disk while another is read. */
const PARALLEL = 4;
/** A study of this many instances is no study. */
const INSTANCES_MAX = 1_000_000;
/** Instances that came to a series since it was listed. */
const LATECOMERS_MAX = 1000;
const SERIES_KEY = tagHex(Tag.SeriesInstanceUID);

/** What is asked for: a study, one of its series, or an instance, whose series need not be known. */
export type GetTarget = RetrieveTarget;

export interface GetFailure {
  readonly sopInstanceUID: string;
  /** A code: of ours, or of a ParseError. */
  readonly reason: string;
}

export interface GetReport {
  /** Instances the server listed. */
  listed: number;
  /** Whole in the folder before. */
  there: number;
  written: number;
  bytes: number;
  readonly failed: GetFailure[];
  /** What ended it before its time. */
  stoppedBy?: DicomwebError;
}

export interface GetOptions extends BackingOffOptions {
  readonly onProgress?: (report: GetReport) => void;
  /** Room on the disk of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** One instance as it was listed. */
type Listed = Omit<InstanceUIDs, 'sopClassUID'>;

/**
 * Gets instances into a folder, as files bit for bit as they are stored. Those that are there whole are not asked for
 * again, so that a command that was broken off goes on where it was: first all are listed (PS3.18 10.6), then series of
 * which nothing is there come in one request, single ones in their own. Connections that are cut are taken up again.
 * @throws DicomwebError when nothing could be begun, NOT_FOUND when there is nothing of that UID
 */
export async function getInstances(
  connection: HttpConnection,
  target: GetTarget,
  folder: string,
  options: GetOptions,
): Promise<GetReport> {
  const listed = await listInstances(connection, target, options);
  if (listed.length === 0) throw new DicomwebError('NOT_FOUND');
  const files = new InstanceFiles(folder, options.freeBytes);
  await files.prepare();
  const getting = new Getting(connection, target, files, options);
  await getting.run(listed);
  await files.sync();
  return getting.report;
}

async function listInstances(
  connection: HttpConnection,
  { studyInstanceUID, seriesInstanceUID, sopInstanceUID }: GetTarget,
  options: BackingOffOptions,
): Promise<Listed[]> {
  const search = {
    level: 'instance' as const,
    studyInstanceUID,
    ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }),
    ...(sopInstanceUID === undefined ? {} : { matches: [['SOPInstanceUID', sopInstanceUID] as const] }),
    includes: ['SeriesInstanceUID'],
    limit: INSTANCES_MAX,
  };
  const backingOff = new BackingOff(options);
  for (;;) {
    const listed: Listed[] = [];
    try {
      for await (const record of searchRecords(connection, search)) {
        const uid = textOf(record, UNIQUE_KEY.instance);
        const series = seriesInstanceUID ?? textOf(record, SERIES_KEY);
        if (uid === undefined || series === undefined)
          throw new DicomwebError('ANSWER_INVALID', { detail: 'UID_MISSING' });
        // A server may pay no heed to what was to match.
        if (sopInstanceUID !== undefined && uid !== sopInstanceUID) continue;
        listed.push({ studyInstanceUID, seriesInstanceUID: series, sopInstanceUID: uid });
      }
      return listed;
    } catch (error) {
      await backingOff.after(error);
    }
  }
}

/** One request: a whole series, or one of its instances. */
interface Errand {
  readonly seriesInstanceUID: string;
  /** Those that it is to bring. */
  readonly missing: readonly Listed[];
  readonly isSeries: boolean;
}

class Getting {
  readonly report: GetReport = { listed: 0, there: 0, written: 0, bytes: 0, failed: [] };
  readonly #connection: HttpConnection;
  readonly #target: GetTarget;
  readonly #files: InstanceFiles;
  readonly #options: GetOptions;
  /** Listed, and neither there nor given up; by SOPInstanceUID. */
  readonly #missing = new Map<string, Listed>();
  /** Series that were asked for as a whole: what is left of them is asked for one by one. */
  readonly #asked = new Set<string>();

  constructor(connection: HttpConnection, target: GetTarget, files: InstanceFiles, options: GetOptions) {
    this.#connection = connection;
    this.#target = target;
    this.#files = files;
    this.#options = options;
  }

  async run(listed: readonly Listed[]): Promise<void> {
    this.report.listed = listed.length;
    for (const one of listed) {
      if (await this.#files.hasWhole(one)) {
        this.report.there++;
        this.#asked.add(one.seriesInstanceUID);
      } else this.#missing.set(one.sopInstanceUID, one);
      this.#options.onProgress?.(this.report);
    }
    const backingOff = new BackingOff(this.#options);
    try {
      while (this.#missing.size > 0) {
        const before = this.report.written;
        const trouble = await this.#round();
        if (this.report.written > before) backingOff.progress();
        if (trouble !== undefined) await backingOff.after(trouble);
      }
    } catch (error) {
      if (!(error instanceof DicomwebError)) throw error;
      this.report.stoppedBy = error;
    }
  }

  /** Everything that is missing is asked for once. Gives trouble that may pass. @throws what ends it all */
  async #round(): Promise<DicomwebError | undefined> {
    const errands = this.#plan();
    let trouble: DicomwebError | undefined;
    let fatal: unknown;
    let next = 0;
    const work = async (): Promise<void> => {
      while (fatal === undefined && trouble === undefined) {
        const errand = errands[next++];
        if (errand === undefined) return;
        try {
          await this.#run(errand);
        } catch (error) {
          if (error instanceof DicomwebError && error.isPassing) trouble = error;
          else if (!(error instanceof DicomwebError) || error.isHopeless) fatal ??= error;
          else if (!errand.isSeries) this.#giveUp(errand, error.code);
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    if (fatal !== undefined) throw fatal instanceof Error ? fatal : new DicomwebError('ANSWER_INVALID');
    return trouble;
  }

  #plan(): Errand[] {
    const bySeries = new Map<string, Listed[]>();
    for (const one of this.#missing.values()) {
      const series = bySeries.get(one.seriesInstanceUID);
      if (series) series.push(one);
      else bySeries.set(one.seriesInstanceUID, [one]);
    }
    return [...bySeries].flatMap(([seriesInstanceUID, missing]): Errand[] => {
      const isFirst = !this.#asked.has(seriesInstanceUID) && this.#target.sopInstanceUID === undefined;
      this.#asked.add(seriesInstanceUID);
      if (isFirst && missing.length > 1) return [{ seriesInstanceUID, missing, isSeries: true }];
      return missing.map((one) => ({ seriesInstanceUID, missing: [one], isSeries: false }));
    });
  }

  async #run(errand: Errand): Promise<void> {
    const { seriesInstanceUID, missing, isSeries } = errand;
    const { studyInstanceUID } = this.#target;
    const [only] = missing;
    const target =
      isSeries || only === undefined
        ? { studyInstanceUID, seriesInstanceUID }
        : { studyInstanceUID, seriesInstanceUID, sopInstanceUID: only.sopInstanceUID };
    const partsMax = isSeries ? missing.length + LATECOMERS_MAX : 1;
    const received = new Set<string>();
    for await (const body of retrieveFiles(this.#connection, target, partsMax)) {
      try {
        received.add(await this.#receive(errand, body, received));
      } catch (error) {
        // A bad file says nothing of the others; which one it was is known by what is missing in the end.
        if (!(error instanceof ParseError || error instanceof NotAsked)) throw error;
        if (!isSeries) this.#giveUp(errand, error.code);
      }
    }
    // What was asked for by its own name and did not come will not come.
    if (!isSeries) this.#giveUp(errand, 'NOT_SENT');
  }

  /** Gives the SOPInstanceUID. @throws ParseError, NotAsked */
  async #receive(
    { seriesInstanceUID, missing, isSeries }: Errand,
    body: AsyncIterable<Buffer>,
    received: ReadonlySet<string>,
  ): Promise<string> {
    const { studyInstanceUID } = this.#target;
    const { uids, bytes } = await this.#files.receive(body, (found) => {
      const isOfSeries =
        found.studyInstanceUID === studyInstanceUID && found.seriesInstanceUID === seriesInstanceUID;
      const isAsked = isSeries
        ? !received.has(found.sopInstanceUID)
        : found.sopInstanceUID === missing[0]?.sopInstanceUID;
      if (!isOfSeries || !isAsked) throw new NotAsked();
    });
    if (!this.#missing.delete(uids.sopInstanceUID)) this.report.listed++;
    this.report.written++;
    this.report.bytes += bytes;
    this.#options.onProgress?.(this.report);
    return uids.sopInstanceUID;
  }

  #giveUp({ missing }: Errand, reason: string): void {
    for (const { sopInstanceUID } of missing) {
      if (this.#missing.delete(sopInstanceUID)) this.report.failed.push({ sopInstanceUID, reason });
    }
    this.#options.onProgress?.(this.report);
  }
}

/** The server sent another instance than was asked for, or one twice. */
class NotAsked extends Error {
  readonly code = 'ANOTHER_INSTANCE';
}
