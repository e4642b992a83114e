import {
  DataSetReader,
  ParseError,
  type Part10Header,
  readPart10Header,
  Tag,
  transferSyntax,
} from '@leadglass/dicom';

/** Looked at for File Meta Information when so many bytes are there, then whenever they have doubled. */
const FIRST_LOOK_BYTES = 16 * 1024;
/** File Meta Information is a dozen short elements; with private information it stays below this. */
const HEADER_MAX_BYTES = 2 * 1024 * 1024;
/** Of the values only UIDs are asked for. */
const RETAIN_VALUE_MAX_BYTES = 256;
/** Bookkeeping of one file while it is read; a few are read at the same time. */
const RETAINED_MAX_BYTES = 128 * 1024 * 1024;

export interface InstanceUIDs {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

/**
 * Follows the bytes of a DICOM file (PS3.10 7.1) while they pass: which instance it is, and whether its structure holds
 * to the end. Keeps next to nothing of it.
 */
export class Part10Check {
  #head: Uint8Array[] = [];
  #headLength = 0;
  #nextLook = FIRST_LOOK_BYTES;
  #header: Part10Header | undefined;
  #reader: DataSetReader | undefined;

  /** Preamble and File Meta Information, once they were read. */
  get header(): Part10Header | undefined {
    return this.#header;
  }

  /** The next bytes; they may be used again afterwards. @throws ParseError */
  push(piece: Uint8Array): void {
    if (this.#reader !== undefined) {
      this.#reader.push(piece);
      return;
    }
    this.#head.push(piece.slice());
    this.#headLength += piece.length;
    if (this.#headLength < this.#nextLook) return;
    this.#nextLook = this.#headLength * 2;
    this.#look(false);
  }

  /** What was read of the instance's identity; undefined until all of it was. */
  get uids(): InstanceUIDs | undefined {
    const dataSet = this.#reader?.dataSet;
    const sopClassUID = dataSet?.string(Tag.SOPClassUID);
    const sopInstanceUID = dataSet?.string(Tag.SOPInstanceUID);
    const studyInstanceUID = dataSet?.string(Tag.StudyInstanceUID);
    const seriesInstanceUID = dataSet?.string(Tag.SeriesInstanceUID);
    if (!sopClassUID || !sopInstanceUID || !studyInstanceUID || !seriesInstanceUID) return undefined;
    return { sopClassUID, sopInstanceUID, studyInstanceUID, seriesInstanceUID };
  }

  /** Whether a DICOMDIR (PS3.3 F.3) is what was read: a directory of a medium, no instance of a patient. */
  get isDirectory(): boolean {
    return this.#reader?.dataSet.has(Tag.DirectoryRecordSequence) === true;
  }

  /** Pixel Data began, or all was read: what is not known by now is not there. */
  get headerComplete(): boolean {
    return this.#reader?.headerComplete === true;
  }

  /** The file ended. @throws ParseError when its structure did not */
  end(): void {
    if (this.#reader === undefined) this.#look(true);
    this.#reader?.end();
  }

  #look(isLast: boolean): void {
    const bytes = Buffer.concat(this.#head);
    this.#head = [bytes];
    let header: Part10Header;
    try {
      header = readPart10Header(bytes);
    } catch (error) {
      // A header that is not there to its end looks like a broken one.
      if (isLast || bytes.length > HEADER_MAX_BYTES || isCertain(error)) throw error;
      return;
    }
    if (!isLast && header.dataSetOffset >= bytes.length && bytes.length <= HEADER_MAX_BYTES) return;
    const syntax = transferSyntax(header.transferSyntaxUID);
    if (syntax === undefined) throw new ParseError('TRANSFER_SYNTAX_UNKNOWN');
    this.#header = header;
    this.#reader = new DataSetReader(syntax, {
      retainValueMaxBytes: RETAIN_VALUE_MAX_BYTES,
      limits: { retainedMaxBytes: RETAINED_MAX_BYTES },
    });
    this.#reader.push(bytes.subarray(header.dataSetOffset));
    this.#head = [];
  }
}

/** More bytes make no DICOM of what is none. */
const isCertain = (error: unknown): boolean => error instanceof ParseError && error.code === 'NOT_DICOM';
