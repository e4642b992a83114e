import type { Examination, FileKind } from './examine-file.ts';
import { flaggedFilesPerCheckMax } from './limits.ts';

/** How often a check noted a kind. */
export interface KindCount {
  exposes: boolean;
  files: number;
  places: number;
}

/** A file that a check flagged. It is named by its place in the walk; its path only when that was asked for. */
export interface FlaggedFile {
  /** Number of the file below its root, in the order of the walk, from 1. */
  readonly ordinal: number;
  /** Number of the member inside an archive or image, from 1. */
  readonly member?: number;
  readonly check: string;
  readonly kinds: readonly string[];
  readonly path?: string;
}

/** Sums over files; plain data, so that workers can send it. */
export interface TallyData {
  /** Files of the file system or object store, and members of archives and images. */
  files: number;
  members: number;
  bytes: number;
  kinds: Record<FileKind, number>;
  /** DICOM files not read to their end, by ParseError code. */
  damaged: Record<string, number>;
  /** Files and members that could not be looked at, by reason. */
  problems: Record<string, number>;
  notes: Record<string, Record<string, KindCount>>;
  /** Files with at least one exposing note, by check. */
  exposedFiles: Record<string, number>;
  flagged: FlaggedFile[];
}

/** What is known of a file besides its content. */
export interface FileIdentity {
  readonly ordinal: number;
  readonly member?: number;
  readonly path?: string;
}

/** Checks that note nearly every file: listing files one by one says nothing. */
const countedOnly: ReadonlySet<string> = new Set(['P09', 'P10', 'P11']);

export class Tally {
  readonly data: TallyData = {
    files: 0,
    members: 0,
    bytes: 0,
    kinds: { dicom: 0, dicomdir: 0, zip: 0, iso9660: 0, other: 0 },
    damaged: {},
    problems: {},
    notes: {},
    exposedFiles: {},
    flagged: [],
  };
  readonly #flaggedByCheck = new Map<string, number>();

  add(identity: FileIdentity, sizeBytes: number, { kind, notes, failure }: Examination): void {
    this.#addSize(identity, sizeBytes);
    this.data.kinds[kind]++;
    if (failure !== undefined) increase(this.data.damaged, failure);
    const exposing = new Map<string, string[]>();
    for (const note of notes) {
      const kinds = (this.data.notes[note.check] ??= {});
      const count = (kinds[note.kind] ??= { exposes: note.exposes, files: 0, places: 0 });
      count.files++;
      count.places += note.places;
      if (note.exposes) exposing.set(note.check, [...(exposing.get(note.check) ?? []), note.kind]);
    }
    for (const [check, kinds] of exposing) {
      increase(this.data.exposedFiles, check);
      if (!countedOnly.has(check)) this.#flag({ ...identity, check, kinds });
    }
  }

  /** A file or member that could not be looked at. */
  addProblem(identity: FileIdentity, sizeBytes: number, code: string): void {
    this.#addSize(identity, sizeBytes);
    increase(this.data.problems, code);
  }

  merge(other: TallyData): void {
    const { data } = this;
    data.files += other.files;
    data.members += other.members;
    data.bytes += other.bytes;
    for (const kind of Object.keys(other.kinds) as FileKind[]) data.kinds[kind] += other.kinds[kind];
    for (const field of ['damaged', 'problems', 'exposedFiles'] as const) {
      for (const [code, count] of Object.entries(other[field])) increase(data[field], code, count);
    }
    for (const [check, kinds] of Object.entries(other.notes)) {
      const own = (data.notes[check] ??= {});
      for (const [kind, { exposes, files, places }] of Object.entries(kinds)) {
        const count = (own[kind] ??= { exposes, files: 0, places: 0 });
        count.files += files;
        count.places += places;
      }
    }
    for (const file of other.flagged) this.#flag(file);
  }

  #addSize({ member }: FileIdentity, sizeBytes: number): void {
    if (member !== undefined) {
      this.data.members++;
      return;
    }
    this.data.files++;
    this.data.bytes += sizeBytes;
  }

  #flag(file: FlaggedFile): void {
    const count = this.#flaggedByCheck.get(file.check) ?? 0;
    if (count >= flaggedFilesPerCheckMax) return;
    this.#flaggedByCheck.set(file.check, count + 1);
    this.data.flagged.push(file);
  }
}

function increase(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}
