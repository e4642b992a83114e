import {
  DataSetReader,
  ParseError,
  type Part10Header,
  readPart10Header,
  Tag,
  type TransferSyntax,
  transferSyntax,
} from '@leadglass/dicom';
import type { StoreWarning } from './store-report.ts';

/** The UIDs of an instance stand well before. */
const START_MAX_BYTES = 1024 * 1024;
/** The same of a deflated data set, which may become a thousand times as long. */
const INFLATED_START_MAX_BYTES = 4 * 1024 * 1024;
/**
 * Looked at first when so many bytes are there, then whenever they have doubled: preamble, File Meta Information and the
 * UIDs take one kilobyte. A part may begin anywhere in a piece, and what is too little of it has to be copied.
 */
const FIRST_LOOK_BYTES = 2 * 1024;
/** Read at once: the UIDs stand in the first kilobyte, and what follows them is read by whoever stores it. */
const STEP_BYTES = 256;

export interface StartedInstance {
  readonly source: { sopClassUID: string; sopInstanceUID: string; transferSyntaxUID: string };
  /** What was received of the data set, header and preamble taken off; may lie in the piece that was pushed last. */
  readonly dataSetBytes: Uint8Array;
  readonly preambleIsZero: boolean;
  /** What stands otherwise in the data set than it was sent. */
  readonly warning?: StoreWarning | undefined;
}

interface UIDs {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** Why a file cannot be begun to be stored. */
export class StartError extends Error {
  readonly code: 'NO_SOP_INSTANCE' | 'STUDY_MISMATCH' | 'UNKNOWN_TRANSFER_SYNTAX';
  constructor(code: StartError['code']) {
    super(code);
    this.code = code;
  }
}

/**
 * Gathers the beginning of a file until it says which instance it is. The preamble is dropped (PS3.10 7.1 lets it be
 * another format's beginning); the data set's own UIDs count, because File Meta Information may be missing or wrong.
 */
export class DataSetStart {
  readonly #studyInstanceUID: string | undefined;
  /** Of pieces that were not enough. */
  #held: Buffer = Buffer.alloc(0);
  #nextLook = FIRST_LOOK_BYTES;

  /** @param studyInstanceUID the one it must belong to */
  constructor(studyInstanceUID: string | undefined) {
    this.#studyInstanceUID = studyInstanceUID;
  }

  /** undefined while more is needed. @throws ParseError, StartError */
  push(piece: Uint8Array): StartedInstance | undefined {
    // Most files say it in their first piece, which is then looked at where it lies.
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const isEnough = bytes.length >= this.#nextLook;
    const started = isEnough ? this.#look(bytes, bytes.length >= START_MAX_BYTES) : undefined;
    if (started) return started;
    if (isEnough) this.#nextLook = bytes.length * 2;
    // Pieces are views of memory that may be used again.
    this.#held = bytes === piece ? Buffer.from(piece) : (bytes as Buffer);
    return undefined;
  }

  /** The file ended. @throws ParseError, StartError */
  end(): StartedInstance | undefined {
    return this.#look(this.#held, true, true);
  }

  #look(bytes: Uint8Array, isLast: boolean, isWhole = false): StartedInstance | undefined {
    try {
      const header = readPart10Header(bytes);
      const started = this.#identify(bytes, header, isWhole);
      if (started || !isLast) return started;
      throw new StartError('NO_SOP_INSTANCE');
    } catch (error) {
      // A header that is not there to its end looks like a broken one.
      if (error instanceof ParseError && !isLast) return undefined;
      throw error;
    }
  }

  #identify(bytes: Uint8Array, header: Part10Header, isWhole: boolean): StartedInstance | undefined {
    const { transferSyntaxUID, dataSetOffset } = header;
    const syntax = transferSyntax(transferSyntaxUID);
    if (!syntax) throw new StartError('UNKNOWN_TRANSFER_SYNTAX');
    const dataSetBytes = bytes.subarray(dataSetOffset);
    const uids = this.#readUIDs(dataSetBytes, syntax, isWhole);
    if (!uids) return undefined;
    const { sopClassUID, sopInstanceUID } = uids;
    const preambleIsZero = !header.hasPreamble || header.preambleIsZero;
    const named = header.meta.string(Tag.MediaStorageSOPClassUID);
    const warning = named !== undefined && named !== sopClassUID ? ('SOP_CLASS_DIFFERS' as const) : undefined;
    const source = { sopClassUID, sopInstanceUID, transferSyntaxUID };
    return { source, dataSetBytes, preambleIsZero, warning };
  }

  /** Undefined while one that must be known is not there. @throws ParseError, StartError */
  #readUIDs(dataSetBytes: Uint8Array, syntax: TransferSyntax, isWhole: boolean): UIDs | undefined {
    const reader = new DataSetReader(syntax, { limits: { inflatedMaxBytes: INFLATED_START_MAX_BYTES } });
    try {
      for (let at = 0; at < dataSetBytes.length; at += STEP_BYTES) {
        reader.push(dataSetBytes.subarray(at, at + STEP_BYTES));
        const uids = this.#uidsOf(reader);
        if (uids) return uids;
      }
      // A short deflated data set comes out of the inflater only at its end.
      if (isWhole && syntax.deflated) reader.end();
    } catch (error) {
      // What stands at the beginning was read by then.
      if (!(error instanceof ParseError) || error.code !== 'INFLATED_TOO_LARGE') throw error;
    }
    return this.#uidsOf(reader);
  }

  #uidsOf(reader: DataSetReader): UIDs | undefined {
    const { dataSet } = reader;
    // The second of them, while most steps bring neither.
    const sopInstanceUID = dataSet.string(Tag.SOPInstanceUID);
    const sopClassUID = sopInstanceUID && dataSet.string(Tag.SOPClassUID);
    if (!sopClassUID || !sopInstanceUID) return undefined;
    if (this.#studyInstanceUID !== undefined) {
      const study = dataSet.string(Tag.StudyInstanceUID);
      if (study === undefined && !reader.headerComplete) return undefined;
      if (study !== this.#studyInstanceUID) throw new StartError('STUDY_MISMATCH');
    }
    return { sopClassUID, sopInstanceUID };
  }
}
