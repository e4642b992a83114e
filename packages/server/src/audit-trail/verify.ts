import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditTrailError } from './errors.ts';
import { decodeEntry, type TrailEntry } from './entry.ts';
import { decodeHead, HEAD_NAME, type Head } from './head.ts';
import { chainOf, sequenceOf, TrailSealer } from './sealing.ts';
import type { NotedHead } from './noted-head.ts';
import { listSegments, readSegment, segmentLength } from './segment.ts';

export type TrailProblemKind =
  /** A byte is another than was written. */
  | 'changed'
  /** Entries are missing between two that are there. */
  | 'dropped'
  /** An entry stands where a later or earlier one belongs. */
  | 'reordered'
  /** An entry stands there twice. */
  | 'duplicated'
  /** The end is missing: the sealed head names a later entry. */
  | 'cut'
  /** Nothing here was sealed with this key. */
  | 'foreign-key'
  | 'head-missing'
  | 'head-changed'
  /** It ends before the place that was noted elsewhere: an older copy was put back. */
  | 'rolled-back'
  /** Its entry at the place that was noted elsewhere is another: it went on from an older copy, or is another trail. */
  | 'rewritten'
  /** A file that no trail of ours has. */
  | 'unexpected-file';

export interface TrailProblem {
  readonly segment?: string;
  /** The entry that should stand where the problem is. */
  readonly sequence: number;
  readonly kind: TrailProblemKind;
}

export interface TrailVerification {
  /** Entries that are there and right, counted up to the first problem. */
  readonly entries: number;
  /** Up to which entry the sealed head vouches: beyond it, the packs do until the next checkpoint. */
  readonly checkpoint: number;
  readonly firstProblem?: TrailProblem;
  /** The last record is not whole and lies after the checkpoint: the server is writing, or was killed. */
  readonly unfinishedTail: boolean;
}

export interface TrailProgress {
  readonly entries: number;
  readonly bytes: number;
  readonly bytesTotal: number;
}

/** A long verification lets the process do other things after this many entries. */
const ENTRIES_PER_TURN = 4096;

/**
 * Reads the whole trail and follows the chain from the first entry to the sealed head. Changes nothing and may run
 * beside the server.
 * @param options.key the trail's key, 32 bytes
 * @param options.noted a head that was noted elsewhere: what the trail must reach, and go through
 */
export async function verifyTrail(
  options: { readonly folder: string; readonly key: Uint8Array; readonly noted?: NotedHead },
  onProgress?: (progress: TrailProgress) => void,
): Promise<TrailVerification> {
  const { folder } = options;
  const sealer = new TrailSealer(options.key);
  // The head first: what is appended while we read comes after it.
  const headFile = join(folder, HEAD_NAME);
  const headBytes = existsSync(headFile) ? readFileSync(headFile) : undefined;
  const head = headBytes === undefined ? undefined : decodeHead(sealer.headKey, headBytes);
  const { noted } = options;
  const walk = new ChainWalk(sealer, head, noted);
  const segments = existsSync(folder) ? listSegments(folder) : [];
  const bytesTotal = segments.reduce((sum, { name }) => sum + segmentLength(folder, name), 0);
  let bytesBefore = 0;
  for (const [index, segment] of segments.entries()) {
    walk.beginSegment(segment, index === segments.length - 1);
    for (const item of readSegment(folder, segment)) {
      if (walk.problem !== undefined) break;
      if (item.kind === 'begin') walk.begin(item.previousChain);
      else if (item.kind === 'record') walk.record(item.sealed);
      else walk.broken(item.kind);
      if (walk.entries % ENTRIES_PER_TURN === 0) {
        onProgress?.({ entries: walk.entries, bytes: bytesBefore + item.offset, bytesTotal });
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    if (walk.problem !== undefined) break;
    bytesBefore += segmentLength(folder, segment.name);
  }
  const isShort = noted !== undefined && walk.entries < noted.sequence;
  const problem =
    judge(walk, folder, headBytes !== undefined, head) ??
    (isShort ? { sequence: walk.entries + 1, kind: 'rolled-back' as const } : undefined);
  onProgress?.({ entries: walk.entries, bytes: bytesTotal, bytesTotal });
  return {
    entries: walk.entries,
    checkpoint: head?.sequence ?? 0,
    ...(problem === undefined ? {} : { firstProblem: problem }),
    unfinishedTail: walk.unfinishedTail,
  };
}

/** Follows records in order and stops at the first that is not the next one. */
class ChainWalk {
  entries = 0;
  unfinishedTail = false;
  problem: TrailProblem | undefined;
  /** Whether the chain at the head's entry was the one the head names. */
  headMet = false;
  readonly #sealer: TrailSealer;
  readonly #head: Head | undefined;
  readonly #noted: NotedHead | undefined;
  #chain: Uint8Array;
  #segment = '';
  #isLast = false;

  constructor(sealer: TrailSealer, head: Head | undefined, noted: NotedHead | undefined) {
    this.#sealer = sealer;
    this.#head = head;
    this.#noted = noted;
    this.#chain = sealer.genesis;
    if (noted?.sequence === 0 && !this.#isAt(noted)) this.fail('rewritten', 0);
    this.headMet = head?.sequence === 0 && Buffer.from(this.#chain).equals(head.chain);
  }

  beginSegment(segment: { readonly name: string; readonly firstSequence: number }, isLast: boolean): void {
    this.#segment = segment.name;
    this.#isLast = isLast;
    if (this.unfinishedTail) this.fail('changed');
    else if (segment.firstSequence > this.entries + 1) this.fail('dropped');
    else if (segment.firstSequence <= this.entries) this.fail('reordered');
  }

  /** The header repeats the chain value, so that a reader may begin at any segment. */
  begin(previousChain: Uint8Array): void {
    if (!this.#chain.every((byte, at) => byte === previousChain[at])) {
      this.fail(this.#head === undefined && this.entries === 0 ? 'foreign-key' : 'changed');
    }
  }

  record(sealed: Uint8Array): void {
    const expected = this.entries + 1;
    if (this.unfinishedTail) {
      this.fail('changed', expected);
      return;
    }
    if (this.#sealer.follows(sealed, this.#chain)) {
      this.entries = expected;
      this.#chain = Buffer.from(chainOf(sealed));
      if (this.#head?.sequence === expected) {
        this.headMet = Buffer.from(this.#head.chain).equals(this.#chain);
        if (!this.headMet) this.fail('head-changed');
      }
      if (this.#noted?.sequence === expected && !this.#isAt(this.#noted)) this.fail('rewritten', expected);
      return;
    }
    // A crash amid a write leaves the zeros that stood behind it before.
    if (this.#mayBeUnfinished() && sealed.at(-1) === 0) this.unfinishedTail = true;
    else this.fail(this.#kindOf(sequenceOf(sealed), expected), expected);
  }

  #isAt({ chain }: NotedHead): boolean {
    return Buffer.from(chain).equals(this.#chain);
  }

  /** A guess at what was done, from the number the record claims; that something was done is certain. */
  #kindOf(claimed: number, expected: number): TrailProblemKind {
    if (this.#head === undefined) return expected === 1 ? 'foreign-key' : 'changed';
    if (claimed === expected || claimed > this.#head.sequence) return 'changed';
    if (claimed === this.entries) return 'duplicated';
    return claimed > expected ? 'dropped' : 'reordered';
  }

  broken(kind: 'incomplete' | 'malformed'): void {
    if (kind === 'incomplete' && this.#mayBeUnfinished()) this.unfinishedTail = true;
    else this.fail(kind === 'incomplete' && this.#isLast ? 'cut' : 'changed');
  }

  #mayBeUnfinished(): boolean {
    return this.#isLast && this.#head !== undefined && this.entries >= this.#head.sequence;
  }

  fail(kind: TrailProblemKind, sequence = this.entries + 1): void {
    this.problem ??= { segment: this.#segment, sequence, kind };
  }
}

/** What only the whole shows: a missing end, a head that does not belong, a file too many. */
function judge(
  walk: ChainWalk,
  folder: string,
  headExists: boolean,
  head: Head | undefined,
): TrailProblem | undefined {
  const sequence = walk.entries + 1;
  if (!headExists) return { sequence, kind: 'head-missing' };
  if (walk.problem !== undefined) return walk.problem;
  if (head === undefined) return { sequence, kind: walk.entries === 0 ? 'foreign-key' : 'head-changed' };
  if (walk.entries < head.sequence) return { sequence, kind: 'cut' };
  if (!walk.headMet) return { sequence, kind: 'head-changed' };
  const known = new Set([HEAD_NAME, `${HEAD_NAME}.tmp`, ...listSegments(folder).map(({ name }) => name)]);
  const stranger = readdirSync(folder).find((name) => !known.has(name));
  return stranger === undefined ? undefined : { segment: stranger, sequence, kind: 'unexpected-file' };
}

/**
 * The entries in order, each with its number; the chain is checked from the start of the first segment read on.
 * @param options.from first sequence number wanted (default 1)
 * @param options.to last sequence number wanted (default: to the end)
 * @throws AuditTrailError DAMAGED at the first entry that does not hold
 */
export async function* readTrail(options: {
  readonly folder: string;
  readonly key: Uint8Array;
  readonly from?: number;
  readonly to?: number;
}): AsyncGenerator<TrailEntry & { readonly sequence: number }> {
  const { folder, from = 1, to = Number.POSITIVE_INFINITY } = options;
  const sealer = new TrailSealer(options.key);
  const segments = listSegments(folder);
  let chain: Uint8Array = sealer.genesis;
  let read = 0;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined && next.firstSequence <= from) continue;
    let expected = segment.firstSequence;
    for (const item of readSegment(folder, segment)) {
      if (item.kind === 'begin') {
        // Reading starts in the middle of the trail: the header says what its first entry must continue.
        if (read === 0 && segment.firstSequence > 1) chain = Buffer.from(item.previousChain);
        continue;
      }
      if (expected > to || (item.kind === 'incomplete' && next === undefined)) return;
      if (
        item.kind !== 'record' ||
        !sealer.follows(item.sealed, chain) ||
        sequenceOf(item.sealed) !== expected
      ) {
        throw damaged(segment.name, expected);
      }
      chain = Buffer.from(chainOf(item.sealed));
      if (expected >= from) yield { ...decodeEntry(sealer.unseal(item.sealed)), sequence: expected };
      expected += 1;
      read += 1;
      if (read % ENTRIES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function damaged(segment: string, sequence: number): AuditTrailError {
  return new AuditTrailError('DAMAGED', `entry ${sequence} of the audit trail does not hold (${segment})`, {
    segment,
    sequence,
  });
}
