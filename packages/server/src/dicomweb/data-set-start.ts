import {
  DataSetReader,
  ParseError,
  type Part10Header,
  readPart10Header,
  Tag,
  transferSyntax,
} from '@leadglass/dicom';

/** The UIDs of an instance stand well before. */
const START_MAX_BYTES = 1024 * 1024;
/** The same of a deflated data set, which may become a thousand times as long. */
const INFLATED_START_MAX_BYTES = 4 * 1024 * 1024;
/** Looked at first when so many bytes are there, then whenever they have doubled. */
const FIRST_LOOK_BYTES = 4 * 1024;

export interface StartedInstance {
  readonly source: { sopClassUID: string; sopInstanceUID: string; transferSyntaxUID: string };
  /** What was received of the data set, header and preamble taken off. */
  readonly dataSetBytes: Uint8Array;
  readonly preambleIsZero: boolean;
  /** What File Meta Information has otherwise than the data set. */
  readonly warning?: 'SOP_CLASS_DIFFERS' | undefined;
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
  #pieces: Uint8Array[] = [];
  #length = 0;
  #nextLook = FIRST_LOOK_BYTES;

  /** @param studyInstanceUID the one it must belong to */
  constructor(studyInstanceUID: string | undefined) {
    this.#studyInstanceUID = studyInstanceUID;
  }

  /** undefined while more is needed. @throws ParseError, StartError */
  push(piece: Uint8Array): StartedInstance | undefined {
    // Pieces are views of memory that may be used again.
    this.#pieces.push(Buffer.from(piece));
    this.#length += piece.length;
    if (this.#length < this.#nextLook) return undefined;
    this.#nextLook = this.#length * 2;
    return this.#look(this.#length >= START_MAX_BYTES);
  }

  /** The file ended. @throws ParseError, StartError */
  end(): StartedInstance | undefined {
    return this.#look(true, true);
  }

  #look(isLast: boolean, isWhole = false): StartedInstance | undefined {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
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

  #identify(bytes: Buffer, header: Part10Header, isWhole: boolean): StartedInstance | undefined {
    const { transferSyntaxUID, dataSetOffset } = header;
    const syntax = transferSyntax(transferSyntaxUID);
    if (!syntax) throw new StartError('UNKNOWN_TRANSFER_SYNTAX');
    const dataSetBytes = bytes.subarray(dataSetOffset);
    const reader = new DataSetReader(syntax, { limits: { inflatedMaxBytes: INFLATED_START_MAX_BYTES } });
    try {
      reader.push(dataSetBytes);
      // A short deflated data set comes out of the inflater only at its end.
      if (isWhole && syntax.deflated) reader.end();
    } catch (error) {
      // What stands at the beginning was read by then.
      if (!(error instanceof ParseError) || error.code !== 'INFLATED_TOO_LARGE') throw error;
    }
    const { dataSet } = reader;
    const sopClassUID = dataSet.string(Tag.SOPClassUID);
    const sopInstanceUID = dataSet.string(Tag.SOPInstanceUID);
    const study = dataSet.string(Tag.StudyInstanceUID);
    if (!sopClassUID || !sopInstanceUID) return undefined;
    if (this.#studyInstanceUID !== undefined) {
      if (study === undefined && !reader.headerComplete) return undefined;
      if (study !== this.#studyInstanceUID) throw new StartError('STUDY_MISMATCH');
    }
    const preambleIsZero = !header.hasPreamble || header.preambleIsZero;
    const named = header.meta.string(Tag.MediaStorageSOPClassUID);
    const warning = named !== undefined && named !== sopClassUID ? ('SOP_CLASS_DIFFERS' as const) : undefined;
    const source = { sopClassUID, sopInstanceUID, transferSyntaxUID };
    return { source, dataSetBytes, preambleIsZero, warning };
  }
}
