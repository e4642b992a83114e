import { type DicomJson, ParseError } from '@leadglass/dicom';
import { WebError } from './web-error.ts';

/**
 * What is worth knowing of an instance that was stored: Warning Reason (0008,1196) by code (PS3.18 Table I.2-3). Data
 * sets are stored bit for bit, so that little ever is: a preamble that was dropped and File Meta Information that is
 * written anew are no part of a data set, and warn of nothing (the trail has the preamble).
 */
const WARNINGS = {
  /** Text of metadata was written in another character set than it names. */
  COERCED: 0xb000,
  /** File Meta Information names another SOP class than the data set, which is what counts. */
  SOP_CLASS_DIFFERS: 0xb007,
} as const;
export type StoreWarning = keyof typeof WARNINGS;

/** What became of one part of a store request; filled in as it is known. */
export interface StoreResult {
  sopClassUID?: string;
  sopInstanceUID?: string;
  facts?: { outcome: string; studyInstanceUID: string; seriesInstanceUID: string };
  error?: unknown;
  warning?: StoreWarning | undefined;
}

/** Failure Reason (0008,1197) by code (PS3.18 Table I.2-2, PS3.7 Annex C). */
const REASONS: Readonly<Record<string, number>> = {
  UNKNOWN_TRANSFER_SYNTAX: 0xc122,
  SOP_CLASS_MISMATCH: 0xa900,
  SOP_INSTANCE_MISMATCH: 0xa900,
  NO_SOP_INSTANCE: 0xa900,
  MISSING_UID: 0xa900,
  INVALID_UID: 0xa900,
  STUDY_MISMATCH: 0xa901,
  HEADER_TOO_LONG: 0xc001,
  EMPTY_DATA_SET: 0xc003,
  UNKNOWN_PART_TYPE: 0xc002,
  DIFFERENT_UNDER_SAME_UID: 0x0111,
  QUARANTINE_FULL: 0x0111,
  INSTANCE_TOO_LONG: 0xa700,
  WRITE_REFUSED: 0xa700,
};
const CANNOT_UNDERSTAND = 0xc000;
const PROCESSING_FAILURE = 0x0110;

/** The answer to a store request (PS3.18 Table 10.5.3-1 and Annex I). */
export class StoreReport {
  readonly #baseURL: string;
  readonly #studyInstanceUID: string | undefined;
  readonly #results: StoreResult[] = [];
  /** The request could not be read to its end. */
  brokenOff: { readonly status: number; readonly code: string } | undefined;

  constructor(baseURL: string, studyInstanceUID: string | undefined) {
    this.#baseURL = baseURL;
    this.#studyInstanceUID = studyInstanceUID;
  }

  add(result: StoreResult): StoreResult {
    this.#results.push(result);
    return result;
  }

  get storedCount(): number {
    return this.#results.filter((result) => isStored(result)).length;
  }

  /** PS3.18 Table 10.5.3-1 (202: stored, with warnings or beside failures), and 413, 415 and 507 when all failed for that reason. */
  get status(): number {
    if (this.brokenOff) return this.brokenOff.status;
    const failed = this.#results.filter((result) => !isStored(result));
    if (this.#results.length === 0) return 400;
    if (failed.length === 0) return this.#results.some(({ warning }) => warning !== undefined) ? 202 : 200;
    if (failed.length < this.#results.length) return 202;
    const codes = new Set(failed.map(codeOf));
    const [only] = codes;
    if (codes.size > 1) return 409;
    if (only === 'WRITE_REFUSED') return 507;
    if (only === 'INSTANCE_TOO_LONG') return 413;
    return only === 'UNKNOWN_PART_TYPE' ? 415 : 409;
  }

  toDicomJson(): DicomJson {
    const stored = this.#results.filter((result) => isStored(result));
    const failed = this.#results.filter((result) => !isStored(result));
    const json: DicomJson = {};
    const studies = new Set(stored.map((result) => result.facts?.studyInstanceUID));
    const study = this.#studyInstanceUID ?? (studies.size === 1 ? [...studies][0] : undefined);
    if (study !== undefined && stored.length > 0) {
      json['00081190'] = { vr: 'UR', Value: [`${this.#baseURL}/studies/${study}`] };
    }
    // Absent when there is none, and those of which no instance is known apart (PS3.18 Table I.2-1).
    const [named, unnamed] = [failed.filter(isNamed), failed.filter((result) => !isNamed(result))];
    if (named.length > 0) json['00081198'] = { vr: 'SQ', Value: named.map(failedItem) };
    if (unnamed.length > 0) json['0008119A'] = { vr: 'SQ', Value: unnamed.map(failedItem) };
    if (stored.length > 0) {
      json['00081199'] = { vr: 'SQ', Value: stored.map((result) => this.#storedItem(result)) };
    }
    return json;
  }

  #storedItem({ sopClassUID = '', sopInstanceUID = '', facts, warning }: StoreResult): DicomJson {
    const { studyInstanceUID = '', seriesInstanceUID = '' } = facts ?? {};
    const path = `studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`;
    return {
      '00081150': { vr: 'UI', Value: [sopClassUID] },
      '00081155': { vr: 'UI', Value: [sopInstanceUID] },
      '00081190': { vr: 'UR', Value: [`${this.#baseURL}/${path}`] },
      ...(warning === undefined ? {} : { '00081196': { vr: 'US', Value: [WARNINGS[warning]] } }),
    };
  }
}

/** The same again is a success: it is held (PS3.18 10.5.3). */
function isStored({ facts }: StoreResult): boolean {
  return facts !== undefined && facts.outcome !== 'conflict';
}

const isNamed = ({ sopClassUID, sopInstanceUID }: StoreResult): boolean =>
  sopClassUID !== undefined && sopInstanceUID !== undefined;

function failedItem(result: StoreResult): DicomJson {
  const { sopClassUID, sopInstanceUID } = result;
  return {
    ...(sopClassUID === undefined ? {} : { '00081150': { vr: 'UI', Value: [sopClassUID] } }),
    ...(sopInstanceUID === undefined ? {} : { '00081155': { vr: 'UI', Value: [sopInstanceUID] } }),
    '00081197': { vr: 'US', Value: [reasonOf(result)] },
  };
}

function codeOf({ facts, error }: StoreResult): string {
  if (facts?.outcome === 'conflict') return 'DIFFERENT_UNDER_SAME_UID';
  if (error instanceof WebError) return error.code;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNEXPECTED';
}

function reasonOf(result: StoreResult): number {
  const code = codeOf(result);
  if (Object.hasOwn(REASONS, code)) return REASONS[code] ?? PROCESSING_FAILURE;
  return result.error instanceof ParseError ? CANNOT_UNDERSTAND : PROCESSING_FAILURE;
}
