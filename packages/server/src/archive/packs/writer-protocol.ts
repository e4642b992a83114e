import type { RecordPlace } from './format.ts';

/** What the thread that encrypts and writes is asked, and what it answers. Buffers change hands, they are
 *  never shared: whoever posted one may not touch it again until it comes back in `recycled`. */
export interface StreamRef {
  high: number;
  low: number;
}

export interface ChunkTask {
  stream: StreamRef;
  index: number;
  keySlot: number;
  key: Uint8Array;
  buffer: ArrayBuffer;
  length: number;
}

export interface CommitItem {
  stream: StreamRef;
  kind: 'instance' | 'quarantine';
  keySlot: number;
  key: Uint8Array;
  metaJson: string;
  /** What of the data set was not handed over before: its last part, or all of a small one. */
  chunks: ChunkTask[];
}

/** A data set in quarantine that is dropped: its `quarantine` record, and what that is under. */
export interface DropTask {
  sopInstanceUID: string;
  record: RecordPlace;
  stream: StreamRef;
  keySlot: number;
  key: Uint8Array;
  /** Which of the notes of its commit is its. */
  note: number;
}

export type WriterRequest =
  | { type: 'chunks'; tasks: ChunkTask[] }
  | { type: 'abandon'; stream: StreamRef }
  | { type: 'commit'; items: CommitItem[]; notes: Uint8Array[]; drops: DropTask[]; syncKeyFile: boolean }
  | { type: 'prewrite' }
  | { type: 'close' };

export interface CommittedInstance {
  record: RecordPlace;
  chunks: RecordPlace[];
}

/** End of what is durable: the next record will stand here or later. */
export interface PackPosition {
  packID: number;
  offset: number;
}

export interface WriteFailure {
  /** `ENOSPC`, `EIO` ... of the system call. */
  errorCode: string;
}

export type WriterReply =
  | { type: 'recycled'; buffers: ArrayBuffer[] }
  | {
      type: 'committed';
      /** One per item, in order. */
      results: CommittedInstance[];
      position: PackPosition;
      recycled: ArrayBuffer[];
    }
  /** Nothing of the batch stands: a disk that refuses one write is not trusted with its neighbours. */
  | { type: 'commit-failed'; errorCode: string; recycled: ArrayBuffer[] }
  | { type: 'closed' };

export interface WriterStart {
  folder: string;
  firstPackID: number;
  /** Go on at this offset of a pack that was closed in order; undefined: begin a new one. */
  resumeAt: number | undefined;
  keyFileDescriptor: number;
  packBytes: number;
  prewriteBytes: number;
  /** Of the pack being written, and whose turn it is (`pack-state.ts`). */
  state: SharedArrayBuffer;
}
