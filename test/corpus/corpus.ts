import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Real and malformed DICOM files, kept beside the project and not part of it: LEADGLASS_CORPUS, else ../shared/corpus. */
const corpusFolder: string =
  process.env['LEADGLASS_CORPUS'] ??
  join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'shared', 'corpus');

/** Why tests over the corpus cannot run; undefined when they can. Put it in the title of what is skipped. */
export const corpusMissingReason: string | undefined = existsSync(join(corpusFolder, 'MANIFEST.json'))
  ? undefined
  : 'corpus not found; set LEADGLASS_CORPUS';

/** Title of a suite over the corpus, with the reason when it is skipped. */
export function corpusTitle(title: string): string {
  return corpusMissingReason === undefined ? title : `${title} (skipped: ${corpusMissingReason})`;
}

/** One file of the corpus as its manifest describes it; attributes are absent where the file has none. */
export interface CorpusEntry {
  readonly file: string;
  readonly source: string;
  readonly bytes: number;
  readonly SOPClassUID?: string;
  readonly TransferSyntaxUID?: string;
  readonly charset?: string | null;
  readonly note?: string;
}

/** All files of the corpus; empty when it is missing. */
export function manifest(): readonly CorpusEntry[] {
  if (corpusMissingReason !== undefined) return [];
  return JSON.parse(readFileSync(join(corpusFolder, 'MANIFEST.json'), 'utf8')) as CorpusEntry[];
}

/** Path of a file of the corpus, named as in the manifest. */
export function filePath(file: string): string {
  return join(corpusFolder, file);
}

/** Bytes of a file of the corpus. */
export function fileBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(filePath(file)));
}

/** Deliberately malformed files. */
export function isFuzzingFile(entry: CorpusEntry): boolean {
  return entry.file.startsWith('pwnlabmx__dicom-fuzzing-corpus/');
}

/** What another program made of a file. Binary values over 120 characters of base64 come as length and hash. */
export interface ReferenceJson {
  readonly file: string;
  readonly tool: string;
  readonly json: Record<string, ReferenceAttribute>;
}

export interface ReferenceAttribute {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly 'x-binary'?: { readonly bytes: number; readonly sha256: string };
}

/** DICOM JSON of the corpus by DCMTK's dcm2json, or pydicom where that failed. */
export function referenceJson(): readonly ReferenceJson[] {
  if (corpusMissingReason !== undefined) return [];
  const text = gunzipSync(readFileSync(filePath('reference/dcm2json.jsonl.gz'))).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ReferenceJson);
}
