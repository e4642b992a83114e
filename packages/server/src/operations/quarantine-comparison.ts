import { createHash } from 'node:crypto';
import { type DataElement, type DataSet, dictionaryEntry, tagHex, transferSyntax } from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import type { Caller } from './caller.ts';
import { readInstanceHeader } from './instance-header.ts';
import { carryOut, type Workplace } from './operation.ts';
import { describe, type QuarantinedDataSet, quarantinedOf, subjectOf } from './quarantine.ts';
import { GoneStudy } from './viewing.ts';

/** Attributes that differ and are told one by one; of a wholly other data set more say nothing. */
const ATTRIBUTES_TOLD_MAX = 200;

/** How a data set in quarantine differs from the one that is held: places, sums and tags, never a value. */
export interface QuarantineComparison extends QuarantinedDataSet {
  readonly sha256: string;
  /** Undefined when nothing is held under its UID any more. */
  readonly difference:
    | {
        readonly heldSHA256: string;
        /** The first byte that is another, counted from 0; the shorter one's length when it is the beginning of the other. */
        readonly firstByte: number;
        /** Bytes that are others where both have some. */
        readonly bytes: number;
        /** Undefined when the two cannot be laid side by side: in different transfer syntaxes, or deflated. */
        readonly attributes: readonly DifferingAttribute[] | undefined;
        /** There are more than those. */
        readonly moreAttributes: boolean;
      }
    | undefined;
}

/** An attribute at the top of the data set. */
export interface DifferingAttribute {
  /** Eight hexadecimal digits. */
  readonly tag: string;
  /** The Standard's; empty for private ones. */
  readonly keyword: string;
  readonly how: 'changed' | 'only held' | 'only in quarantine';
}

type Placed = Pick<InstanceRecord, 'location' | 'keySlot' | 'transferSyntaxUID' | 'dataSetLength'>;
/** One of the two that are compared, and how it is read. */
interface Side {
  readonly record: Placed;
  read(range?: { from: number; to: number }): AsyncGenerator<Uint8Array>;
}

/** Rejects with NotInQuarantine, ReadFailed, GoneStudy, ParseError: recorded as failed. */
export function compareQuarantined(
  workplace: Workplace,
  caller: Caller,
  sopInstanceUID: string,
  name: string,
): Promise<QuarantineComparison> {
  return carryOut(workplace, 'read-quarantine', caller, { sopInstanceUID }, async (operation) => {
    operation.detail = { place: name };
    const record = quarantinedOf(workplace, sopInstanceUID, name);
    const described = await describe(workplace, record);
    const dataSetLength = described.recorded?.bytes;
    if (dataSetLength === undefined) throw new GoneStudy();
    const quarantined = sideOf(workplace, { ...record, dataSetLength });
    const heldRecord = workplace.archive.index.instance(sopInstanceUID);
    const held = heldRecord && sideOf(workplace, heldRecord);
    const bytes = await compareBytes(quarantined, held);
    const difference = held && {
      heldSHA256: bytes.heldSHA256,
      firstByte: bytes.firstByte,
      bytes: bytes.differing,
      ...(await compareAttributes(held, quarantined)),
    };
    await operation.record('success', { subject: subjectOf(record) });
    return { ...described, sha256: bytes.sha256, difference };
  });
}

function sideOf({ archive }: Workplace, record: Placed): Side {
  return {
    record,
    read(range) {
      const bytes = archive.read(record, range);
      if (!bytes) throw new GoneStudy();
      return bytes;
    },
  };
}

/** Both are read once, side by side, whatever pieces they come in. */
async function compareBytes(quarantined: Side, held: Side | undefined) {
  const sums = [createHash('sha256'), createHash('sha256')] as const;
  let at = 0;
  let firstByte: number | undefined;
  let differing = 0;
  for await (const [ours, theirs] of sideBySide(quarantined.read(), held?.read())) {
    sums[0].update(ours);
    sums[1].update(theirs);
    const common = Math.min(ours.length, theirs.length);
    if (Buffer.compare(ours.subarray(0, common), theirs.subarray(0, common)) !== 0) {
      for (let i = 0; i < common; i++) {
        if (ours[i] === theirs[i]) continue;
        firstByte ??= at + i;
        differing++;
      }
    }
    if (ours.length !== theirs.length) firstByte ??= at + common;
    at += common;
  }
  const [sha256, heldSHA256] = [sums[0].digest('hex'), sums[1].digest('hex')];
  return { sha256, heldSHA256, firstByte: firstByte ?? at, differing };
}

/** Pieces of the same length of both, until one has ended; then what is left of the other beside nothing. */
async function* sideBySide(
  ours: AsyncGenerator<Uint8Array>,
  theirs: AsyncGenerator<Uint8Array> | undefined,
): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
  const nothing = new Uint8Array();
  const next = async (from: AsyncGenerator<Uint8Array> | undefined): Promise<Uint8Array> => {
    const piece = await from?.next();
    return piece === undefined || piece.done ? nothing : piece.value;
  };
  try {
    let [a, b] = [await next(ours), await next(theirs)];
    while (a.length > 0 && b.length > 0) {
      const length = Math.min(a.length, b.length);
      yield [a.subarray(0, length), b.subarray(0, length)];
      a = a.length > length ? a.subarray(length) : await next(ours);
      b = b.length > length ? b.subarray(length) : await next(theirs);
    }
    for (; a.length > 0; a = await next(ours)) yield [a, nothing];
    for (; b.length > 0; b = await next(theirs)) yield [nothing, b];
  } finally {
    await ours.return(undefined);
    await theirs?.return(undefined);
  }
}

async function compareAttributes(
  held: Side,
  quarantined: Side,
): Promise<{ attributes: DifferingAttribute[] | undefined; moreAttributes: boolean }> {
  const uid = held.record.transferSyntaxUID;
  const isComparable =
    uid === quarantined.record.transferSyntaxUID && transferSyntax(uid)?.deflated === false;
  if (!isComparable) return { attributes: undefined, moreAttributes: false };
  const [a, b] = [await headerOf(held), await headerOf(quarantined)];
  const attributes: DifferingAttribute[] = [];
  for (const tag of tagsOf(a, b)) {
    const [ours, theirs] = [a.get(tag), b.get(tag)];
    if (ours && theirs && !(await differ(ours, theirs, held, quarantined))) continue;
    if (attributes.length === ATTRIBUTES_TOLD_MAX) return { attributes, moreAttributes: true };
    const how = !theirs ? 'only held' : !ours ? 'only in quarantine' : 'changed';
    attributes.push({ tag: tagHex(tag), keyword: dictionaryEntry(tag)?.keyword ?? '', how });
  }
  return { attributes, moreAttributes: false };
}

async function headerOf({ record, read }: Side): Promise<DataSet> {
  return (await readInstanceHeader(record, read)).dataSet;
}

const tagsOf = (...dataSets: readonly DataSet[]): number[] =>
  [...new Set(dataSets.flatMap((dataSet) => [...dataSet].map(({ tag }) => tag)))].sort((a, b) => a - b);

/** Long values and fragments, of which the header has only the place, are read again: there are few of them. */
async function differ(a: DataElement, b: DataElement, held: Side, quarantined: Side): Promise<boolean> {
  if (a.vr !== b.vr || a.length !== b.length || a.undefinedLength !== b.undefinedLength) return true;
  if (a.items && b.items) return await itemsDiffer(a.items, b.items, held, quarantined);
  if (a.value && b.value) return Buffer.compare(a.value, b.value) !== 0;
  const stretches = [
    held.read({ from: a.offset, to: a.offset + a.length }),
    quarantined.read({ from: b.offset, to: b.offset + b.length }),
  ] as const;
  for await (const [ours, theirs] of sideBySide(...stretches)) {
    if (Buffer.compare(ours, theirs) !== 0) return true;
  }
  return false;
}

async function itemsDiffer(
  a: readonly DataSet[],
  b: readonly DataSet[],
  held: Side,
  quarantined: Side,
): Promise<boolean> {
  if (a.length !== b.length) return true;
  for (const [index, item] of a.entries()) {
    const elements = [...item];
    const others = [...(b[index] ?? [])];
    if (elements.length !== others.length) return true;
    for (const [at, element] of elements.entries()) {
      const other = others[at];
      if (element.tag !== other?.tag || (await differ(element, other, held, quarantined))) return true;
    }
  }
  return false;
}
