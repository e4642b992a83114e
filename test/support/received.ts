import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { readPart10Header, transferSyntax } from '@leadglass/dicom';

/** What a receiver wrote: SOPInstanceUID to the SHA-256 of the data set, without the file's own header. */
export function receivedDataSets(
  folder: string,
  sumOf: (file: Uint8Array) => string = dataSetSum,
): Map<string, string> {
  const sums = new Map<string, string>();
  for (const name of readdirSync(folder)) {
    sums.set(receivedUID(name), sumOf(new Uint8Array(readFileSync(join(folder, name)))));
  }
  return sums;
}

/** The files a receiver wrote, by SOPInstanceUID. */
export function receivedPaths(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((name) => [receivedUID(name), join(folder, name)]));
}

/** storescp puts a modality (SRc3 has a digit in it) and a dot before the SOPInstanceUID; getscu does not. */
export function receivedUID(name: string): string {
  return name.replace(/^[A-Za-z][A-Za-z0-9]*\./, '');
}

/** SHA-256 of the data set of a Part 10 file (PS3.10 7.1). */
export function dataSetSum(file: Uint8Array): string {
  const { dataSetOffset } = readPart10Header(file);
  return createHash('sha256').update(file.subarray(dataSetOffset)).digest('hex');
}

/** The same of a deflated data set once it is inflated: for programs that deflate anew whatever they write. */
export function inflatedDataSetSum(file: Uint8Array): string {
  const { dataSetOffset, transferSyntaxUID } = readPart10Header(file);
  if (transferSyntax(transferSyntaxUID)?.deflated !== true) return dataSetSum(file);
  return createHash('sha256')
    .update(inflateRawSync(file.subarray(dataSetOffset)))
    .digest('hex');
}

/** Differences named in a failure; further ones are counted. */
const NAMED_MAX = 12;

/** Keys whose values differ, and keys of `expected` that `actual` has not; for a message that names them. */
export function differences(
  actual: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): string[] {
  const found = [...expected].flatMap(([key, value]) => {
    const other = actual.get(key);
    return other === value ? [] : [`${key} ${other === undefined ? 'is missing' : 'differs'}`];
  });
  const rest = found.length - NAMED_MAX;
  return rest > 0 ? [...found.slice(0, NAMED_MAX), `and ${rest} more`] : found;
}
