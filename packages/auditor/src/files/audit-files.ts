import type { ClamdAddress } from './clamd.ts';
import { findingsOf } from './files-result.ts';
import type { FilesResult, RootResult } from './files-result.ts';
import { workerCountDefault } from './limits.ts';
import { printable } from './printable.ts';
import { s3Access } from './s3-access.ts';
import type { S3Access, S3Environment } from './s3-access.ts';
import { Tally } from './tally.ts';
import { errorCode, walkFolder } from './walk-folder.ts';
import { WorkerPool } from './worker-pool.ts';
import { ContainerError } from './container-error.ts';

/** How far a run is. */
export interface FilesProgress {
  readonly files: number;
  readonly members: number;
  readonly bytes: number;
}

export interface AuditFilesOptions {
  /** Folders, files, CD images, ZIP archives; 's3://bucket/prefix'. */
  readonly paths: readonly string[];
  /** Name files by their paths instead of their place in the walk. Paths may hold patients' names. */
  readonly showPaths?: boolean;
  readonly workerCount?: number;
  /** Where clamd listens; it is not asked if absent. */
  readonly clamd?: ClamdAddress;
  /** Where credentials for object stores come from. */
  readonly s3Environment?: S3Environment;
  /** Object store other than Amazon's. */
  readonly s3Endpoint?: string;
  readonly onProgress?: (progress: FilesProgress) => void;
  /** Ends the run at once; the result says what was found up to then. */
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
  readonly fileTimeoutMs?: number;
}

/**
 * Looks at every file below the paths once, in bounded memory, and counts what exposes. Nothing is written, nothing is
 * kept of a file but counts. @throws RangeError for an s3:// path without usable credentials or endpoint
 */
export async function auditFiles(options: AuditFilesOptions): Promise<FilesResult> {
  const now = options.now ?? ((): Date => new Date());
  const started = now().toISOString();
  const stores = options.paths.map((path) => storeOf(path, options));
  const roots: RootResult[] = [];
  const done = { files: 0, members: 0, bytes: 0 };
  for (const [index, path] of options.paths.entries()) {
    if (options.signal?.aborted === true) break;
    const label = options.showPaths === true ? printable(Buffer.from(path)) : `files-${index + 1}`;
    roots.push(await auditRoot(path, label, stores[index], options, done));
  }
  const ended = now().toISOString();
  return {
    roots,
    findings: roots.flatMap((root) => findingsOf(root, ended)),
    started,
    ended,
    complete: options.signal?.aborted !== true,
  };
}

function storeOf(path: string, options: AuditFilesOptions): S3Access | undefined {
  if (!path.startsWith('s3://')) return undefined;
  return s3Access(path, options.s3Environment ?? {}, options.s3Endpoint);
}

async function auditRoot(
  path: string,
  label: string,
  s3: S3Access | undefined,
  options: AuditFilesOptions,
  done: { files: number; members: number; bytes: number },
): Promise<RootResult> {
  const tally = new Tally();
  const pool = new WorkerPool({
    workerCount: options.workerCount ?? workerCountDefault,
    settings: { showPaths: options.showPaths === true, s3, clamd: options.clamd },
    onTally: (part) => {
      tally.merge(part);
      done.files += part.files;
      done.members += part.members;
      done.bytes += part.bytes;
      options.onProgress?.(done);
    },
    ...(options.fileTimeoutMs === undefined ? {} : { fileTimeoutMs: options.fileTimeoutMs }),
  });
  const stop = (): void => void pool.close();
  options.signal?.addEventListener('abort', stop, { once: true });
  let failure: string | undefined;
  try {
    await submitAll(path, s3, pool, tally, options.signal);
    await pool.drain();
  } catch (error) {
    failure = error instanceof ContainerError ? error.code : errorCode(error);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await pool.close();
  }
  return failure === undefined ? { label, tally: tally.data } : { label, tally: tally.data, failure };
}

async function submitAll(
  path: string,
  s3: S3Access | undefined,
  pool: WorkerPool,
  tally: Tally,
  signal: AbortSignal | undefined,
): Promise<void> {
  let ordinal = 0;
  if (s3 !== undefined) {
    // Loaded when there is a bucket to read: the client takes memory that folders have no use for.
    const { S3Store } = await import('./s3-store.ts');
    for await (const { key, sizeBytes } of new S3Store(s3).objects()) {
      if (signal?.aborted === true) return;
      await pool.submit({ ordinal: ++ordinal, path: Buffer.from(key), objectBytes: sizeBytes });
    }
    return;
  }
  const onProblem = (code: string): void => {
    tally.addProblem({ ordinal: 0, member: 0 }, 0, code);
  };
  for await (const file of walkFolder(path, onProblem)) {
    if (signal?.aborted === true) return;
    await pool.submit({ ordinal: ++ordinal, path: file.path });
  }
}
