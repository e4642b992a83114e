import type { S3Access } from './s3-access.ts';
import type { TallyData } from './tally.ts';
import type { ClamdAddress } from './clamd.ts';

/** What a worker is given when it starts. */
export interface WorkerSettings {
  /** One Int32: the worker adds one when it begins a file, so that a file that takes too long is noticed. */
  readonly beat: SharedArrayBuffer;
  readonly showPaths: boolean;
  readonly s3: S3Access | undefined;
  readonly clamd: ClamdAddress | undefined;
}

/** A file to look at. */
export interface Job {
  readonly ordinal: number;
  /** Path in the file system, or key in the object store. */
  readonly path: Uint8Array;
  /** Set for an object of a store. */
  readonly objectBytes?: number;
  /** Set for an archive or image: how many members to pass over because they were looked at before. */
  readonly container?: {
    readonly kind: 'zip' | 'iso9660';
    readonly skipMembers: number;
    readonly cautious: boolean;
  };
}

/** From the pool to a worker. */
export interface Batch {
  readonly jobs: readonly Job[];
}

/** From a worker to the pool. */
export type WorkerMessage =
  /** An archive is not finished: what was found up to now, and how many members that are. */
  | { readonly type: 'part'; readonly tally: TallyData; readonly membersDone: number }
  /** All jobs are done; these turned out to be archives or images, and are to come again as such. */
  | {
      readonly type: 'done';
      readonly tally: TallyData;
      readonly containers: readonly { readonly ordinal: number; readonly kind: 'zip' | 'iso9660' }[];
    };
