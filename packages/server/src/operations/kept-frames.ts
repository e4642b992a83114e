import { TransferSyntaxUID, transferSyntax } from '@leadglass/dicom';
import type { DerivedThing, Shelf } from '../archive/derived/shelf.ts';
import type { InstanceRecord } from '../archive/index/index.ts';
import { ImagingError } from '../imaging/index.ts';
import type { Imaging } from './imaging.ts';
import { instanceKey } from './instance-key.ts';
import type { Workplace } from './operation.ts';
import { type Breathe, QuietWorkEnded, type SeriesName } from './quiet-work.ts';
import { readLaidOut } from './stored-frames.ts';
import { heldView, type View } from './viewing.ts';

/** Frames in HTJ2K on the disk, unless it is configured otherwise: some 100,000 CT images. */
export const KEPT_FRAMES_MAX_BYTES: number = 20 * 1024 * 1024 * 1024;
/** The shelf, and the purpose of its keys. */
export const KEPT_FRAMES_PURPOSE = 'htj2k-frames';
/** How they were encoded; when that changes, this is another word, and all are made anew. */
const FORM = 'openjph lossless rpcl 1';
/** No instance may push out more than this part of what is kept. */
const INSTANCE_SHARE = 0.25;

const MADE_IN: string = TransferSyntaxUID.HTJ2KLosslessRPCL;
/** Syntaxes of which the frames are ones (PS3.5 A.4.12): RPCL is one of the orders that the other allows. */
const GIVEN_AS: ReadonlySet<string> = new Set([MADE_IN, TransferSyntaxUID.HTJ2KLossless]);

/**
 * Frames in HTJ2K beside originals that are stored in another lossless syntax: a file for each instance, a part of it
 * for each frame. The originals are what everything else is made from.
 */
export class KeptFrames {
  readonly #archive: Workplace['archive'];
  readonly #shelf: Shelf;
  /** Told of a series of which frames were asked for that are not kept. */
  onMissed: (series: SeriesName) => void = () => undefined;

  constructor(archive: Workplace['archive'], maxBytes: number = KEPT_FRAMES_MAX_BYTES) {
    this.#archive = archive;
    this.#shelf = archive.derived.shelf(KEPT_FRAMES_PURPOSE, maxBytes);
  }

  /** Whether frames of an instance may be there in this syntax. */
  mayHold(record: InstanceRecord, to: string): boolean {
    return GIVEN_AS.has(to) && isWorthKeeping(record.transferSyntaxUID);
  }

  /** @param index from 0 */
  async frame(record: InstanceRecord, index: number): Promise<Uint8Array | undefined> {
    const held = await this.#shelf.readPart(thingOf(record), index);
    if (!held) this.onMissed(record);
    return held;
  }

  /** Encodes what is not there yet of a series. */
  async keepSeries(imaging: Imaging, series: SeriesName, breathe: Breathe): Promise<void> {
    const view = heldView(this.#archive, series);
    if (!view) return;
    const failures: unknown[] = [];
    for (const record of [...view.instances()]) {
      await breathe();
      if (!this.mayHold(record, MADE_IN) || (await this.#shelf.holds(thingOf(record)))) continue;
      try {
        await this.#keep(imaging, view, record, breathe);
      } catch (error) {
        if (isTheEnd(error)) throw error;
        // Pixels that cannot be decoded are given as they are stored, as ever. Of anything else the first is told.
        if (!(error instanceof ImagingError)) failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async #keep(imaging: Imaging, source: View, record: InstanceRecord, breathe: Breathe): Promise<void> {
    const header = await readLaidOut(source, record);
    if (!imaging.canTranscode(record.transferSyntaxUID, MADE_IN, header)) return;
    if (record.dataSetLength > this.#shelf.maxBytes * INSTANCE_SHARE) return;
    const frames = imaging.framesInBackground({ source, record }, header, MADE_IN);
    await this.#shelf.write(thingOf(record), paced(frames, breathe));
  }
}

const isTheEnd = (error: unknown): boolean =>
  error instanceof QuietWorkEnded || (error instanceof ImagingError && error.code === 'POOL_CLOSED');

async function* paced(frames: AsyncIterable<Uint8Array>, breathe: Breathe): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) {
    yield frame;
    await breathe();
  }
}

/** What lost something once is no smaller without further loss; what is HTJ2K already needs nothing. */
function isWorthKeeping(transferSyntaxUID: string): boolean {
  const syntax = transferSyntax(transferSyntaxUID);
  return syntax?.lossy === false && syntax.codec !== 'htj2k';
}

function thingOf(record: InstanceRecord): DerivedThing {
  const { keySlot, sopInstanceUID, receivedAt, dataSetLength } = record;
  return {
    keySlot,
    name: [sopInstanceUID],
    state: [FORM, receivedAt, dataSetLength, instanceKey(record)].join(' '),
  };
}
