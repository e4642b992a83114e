import type { DataSet, ParseErrorCode, Part10Header, VR } from '@leadglass/dicom';
import type { CheckMeta } from '../findings/index.ts';

/** Why a file was not read to its end. */
export interface ReadFailure {
  readonly code: ParseErrorCode;
  readonly declared: number | undefined;
  readonly available: number | undefined;
}

/** What the pixels claim and what is there. */
export interface PixelFacts {
  readonly encapsulated: boolean;
  /** Bytes of the value; of all fragments, when encapsulated. */
  readonly storedBytes: number;
  readonly fragmentCount: number;
  /** Whether storedBytes is the end of it: false where reading stopped before. */
  readonly isWhole: boolean;
}

/** What a scan of an encapsulated document found; never its text. */
export interface DocumentFacts {
  /** Kinds of active content: 'pdf-javascript', 'html-script'... */
  readonly activeContent: ReadonlySet<string>;
  readonly encrypted: boolean;
}

/** A DICOM file as a check sees it. Lives in memory only while the file is looked at. */
export interface FileFacts {
  readonly sizeBytes: number;
  /** The 128 bytes before the prefix (PS3.10 7.1); undefined where the file has none. */
  readonly preamble: Uint8Array | undefined;
  readonly header: Part10Header | undefined;
  /** What was read, to the failure if there was one. */
  readonly dataSet: DataSet | undefined;
  readonly failure: ReadFailure | undefined;
  readonly pixels: PixelFacts | undefined;
  readonly document: DocumentFacts | undefined;
  /** First bytes behind the data set, where nothing should be. */
  readonly trailing: Uint8Array | undefined;
  /** Last byte of the file that is not white space; undefined where the end was not read. */
  readonly lastByte: number | undefined;
  /** Inflated to stored, for a deflated data set. */
  readonly inflationRatio: number | undefined;
}

/** A text value anywhere in the file. */
export interface TextElement {
  readonly tag: number;
  readonly vr: VR;
  /** Decoded, without padding, cut at `textMaxBytes`; values are separated by backslashes. */
  readonly text: string;
  readonly isPrivate: boolean;
  /** Sequences around it. */
  readonly depth: number;
}

/** A value that is no text of a standard element: binary, unknown or private. */
export interface ValueElement {
  readonly tag: number;
  readonly vr: VR;
  /** Its first bytes, `prefixMaxBytes` at most. */
  readonly prefix: Uint8Array;
  readonly lengthBytes: number;
  readonly isPrivate: boolean;
  /** Private creator of its block (PS3.5 7.8.1); '' when there is none. */
  readonly privateCreator: string;
}

/** Takes notes for one check about one file. Kinds come from the check's own vocabulary, never from the file. */
export interface Notes {
  /** Something that exposes. */
  expose(kind: string, places?: number): void;
  /** A fact worth counting that exposes nothing. */
  count(kind: string, places?: number): void;
}

/** Goes through one file with the others, in one pass. */
export interface FileVisitor {
  text?(element: TextElement): void;
  value?(element: ValueElement): void;
  end?(): void;
}

/** A question about a file (P01 to P11). It sees one file at a time and keeps nothing between two. */
export interface FileCheck {
  readonly meta: CheckMeta;
  visit(file: FileFacts, notes: Notes): FileVisitor | undefined;
}
