import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isUID, ParseError, readPart10, Tag, transferSyntax } from '@leadglass/dicom';
import { filePath, isFuzzingFile, manifest } from '../corpus/corpus.ts';

/** A file of the corpus that is a composite instance: what can be stored (PS3.4 B). */
export interface StorableFile {
  /** As the manifest names it. */
  readonly file: string;
  readonly path: string;
  readonly patientID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  /** Where the data set begins in the file. */
  readonly dataSetOffset: number;
}

export interface UnstorableFile {
  readonly file: string;
  readonly reason: string;
}

const IDENTITY = [
  ['SOPClassUID', Tag.SOPClassUID],
  ['SOPInstanceUID', Tag.SOPInstanceUID],
  ['StudyInstanceUID', Tag.StudyInstanceUID],
  ['SeriesInstanceUID', Tag.SeriesInstanceUID],
] as const;

/** The corpus without its malformed part, sorted into what can be stored and what cannot, with the reason. */
export function sortCorpus(): { storable: StorableFile[]; unstorable: UnstorableFile[] } {
  const storable: StorableFile[] = [];
  const unstorable: UnstorableFile[] = [];
  for (const entry of manifest()) {
    if (isFuzzingFile(entry)) continue;
    const found = identify(entry.file);
    if ('reason' in found) unstorable.push(found);
    else storable.push(found);
  }
  return { storable, unstorable };
}

function identify(file: string): StorableFile | UnstorableFile {
  const path = filePath(file);
  try {
    const { header, dataSet } = readPart10(new Uint8Array(readFileSync(path)));
    const wrong = IDENTITY.find(([, tag]) => !isUID(dataSet.string(tag) ?? ''));
    if (wrong !== undefined) return { file, reason: `no valid ${wrong[0]}` };
    const uid = (tag: number): string => dataSet.string(tag) ?? '';
    return {
      file,
      path,
      patientID: uid(Tag.PatientID),
      studyInstanceUID: uid(Tag.StudyInstanceUID),
      seriesInstanceUID: uid(Tag.SeriesInstanceUID),
      sopClassUID: uid(Tag.SOPClassUID),
      sopInstanceUID: uid(Tag.SOPInstanceUID),
      transferSyntaxUID: header.transferSyntaxUID,
      dataSetOffset: header.dataSetOffset,
    };
  } catch (error) {
    if (error instanceof ParseError) return { file, reason: `cannot be parsed: ${error.code}` };
    throw error;
  }
}

/**
 * Copies with one SOPInstanceUID each: the corpus has several encodings of the same instance, and an archive rightly
 * refuses the second. A repeated UID is replaced by another of the same length, so that nothing else changes.
 */
export function copyWithOwnUIDs(files: readonly StorableFile[], folder: string): StorableFile[] {
  const taken = new Set(files.map((file) => file.sopInstanceUID));
  const seen = new Set<string>();
  return files.map((file, number) => {
    const path = join(folder, `${String(number).padStart(4, '0')}.dcm`);
    if (!seen.has(file.sopInstanceUID)) {
      seen.add(file.sopInstanceUID);
      copyFileSync(file.path, path);
      return { ...file, path };
    }
    const sopInstanceUID = freeUID(file.sopInstanceUID, taken);
    taken.add(sopInstanceUID);
    writeFileSync(path, withOtherUID(file, sopInstanceUID));
    return { ...file, path, sopInstanceUID };
  });
}

/** Another UID of the same length: digits that begin no component are counted up from the end. */
function freeUID(uid: string, taken: ReadonlySet<string>): string {
  for (let number = 1; number < 100_000; number++) {
    const digits = [...uid];
    let rest = number;
    for (let at = digits.length - 1; at > 0 && rest > 0; at--) {
      if (digits[at] === '.' || digits[at - 1] === '.') continue;
      digits[at] = String((Number(digits[at]) + rest) % 10);
      rest = Math.floor(rest / 10);
    }
    const candidate = digits.join('');
    if (rest === 0 && !taken.has(candidate)) return candidate;
  }
  throw new Error('no other UID of this length');
}

function withOtherUID(file: StorableFile, sopInstanceUID: string): Buffer {
  const bytes = readFileSync(file.path);
  const header = bytes.subarray(0, file.dataSetOffset);
  const dataSet = bytes.subarray(file.dataSetOffset);
  const other = (part: Buffer): Buffer => replaceText(part, file.sopInstanceUID, sopInstanceUID);
  if (transferSyntax(file.transferSyntaxUID)?.deflated !== true)
    return Buffer.concat([other(header), other(dataSet)]);
  return Buffer.concat([other(header), deflateRawSync(other(inflateRawSync(dataSet)))]);
}

function replaceText(bytes: Buffer, text: string, by: string): Buffer {
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    const next = bytes[at + text.length] ?? 0;
    // A longer UID that begins with this one stays what it is.
    if (next === 0x2e || (next >= 0x30 && next <= 0x39)) continue;
    bytes.write(by, at, 'latin1');
  }
  return bytes;
}
