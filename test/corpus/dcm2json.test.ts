import { createHash } from 'node:crypto';
import { ParseError, readPart10, toDicomJson } from '@leadglass/dicom';
import type { DicomJson, DicomJsonAttribute } from '@leadglass/dicom';
import { describe, expect, test } from 'vitest';
import { corpusMissingReason, corpusTitle, fileBytes, referenceJson } from './corpus.ts';
import type { ReferenceAttribute, ReferenceJson } from './corpus.ts';
import { explainedDifferences, refusedFiles } from './dcm2json-differences.ts';
import type { Difference } from './dcm2json-differences.ts';

describe.skipIf(corpusMissingReason !== undefined)(
  corpusTitle('DICOM JSON equals what DCMTK and pydicom make'),
  () => {
    const references = referenceJson();
    const refused = new Map(refusedFiles.map(({ file, code }) => [file, code]));

    test('in every attribute of every file, but for differences that are listed and explained', () => {
      const used = new Set<unknown>();
      const unexplained: string[] = [];
      let attributes = 0;
      for (const reference of references) {
        if (refused.has(reference.file)) continue;
        const ours = toDicomJson(readPart10(fileBytes(reference.file)).dataSet);
        for (const difference of differences(ours, reference, () => attributes++)) {
          const explanation = explainedDifferences.find(({ covers }) => covers(difference));
          if (explanation === undefined) unexplained.push(`${difference.file} ${difference.path}`);
          else used.add(explanation);
        }
      }
      expect(unexplained).toEqual([]);
      expect(
        explainedDifferences.filter((explanation) => !used.has(explanation)).map(({ why }) => why),
      ).toEqual([]);
      expect(attributes).toBeGreaterThan(50_000);
    });

    test('files that are refused are listed with their error', () => {
      for (const { file } of references) {
        let code: string | undefined;
        try {
          readPart10(fileBytes(file));
        } catch (error) {
          if (!(error instanceof ParseError)) throw error;
          code = error.code;
        }
        expect(code, file).toBe(refused.get(file));
      }
    });
  },
);

function* differences(ours: DicomJson, reference: ReferenceJson, count: () => void): Iterable<Difference> {
  const tool = reference.tool.split('-')[0] ?? '';
  yield* compare(ours, reference.json, '');

  function* compare(
    left: DicomJson,
    right: Readonly<Record<string, ReferenceAttribute>>,
    path: string,
  ): Iterable<Difference> {
    for (const tag of new Set([...Object.keys(left), ...Object.keys(right)])) {
      count();
      const difference = {
        file: reference.file,
        tool,
        path: path + tag,
        tag,
        ours: left[tag],
        theirs: right[tag],
      };
      // References of compressed files were made without Pixel Data; ours lack it as it has no inline form.
      if (isPixelData(tag) && (difference.ours === undefined || difference.theirs === undefined)) continue;
      if (difference.ours?.vr === 'SQ' && difference.theirs?.vr === 'SQ') yield* compareItems(difference);
      else if (!isEqual(difference.ours, difference.theirs)) yield difference;
    }
  }

  function* compareItems(difference: Difference): Iterable<Difference> {
    const left = (difference.ours?.Value ?? []) as DicomJson[];
    const right = (difference.theirs?.Value ?? []) as Record<string, ReferenceAttribute>[];
    if (left.length !== right.length) yield difference;
    else
      for (const [index, item] of left.entries())
        yield* compare(item, right[index] ?? {}, `${difference.path}/${index}/`);
  }
}

function isPixelData(tag: string): boolean {
  return tag === '7FE00008' || tag === '7FE00009' || tag === '7FE00010';
}

function isEqual(ours: DicomJsonAttribute | undefined, theirs: ReferenceAttribute | undefined): boolean {
  if (ours === undefined || theirs === undefined || ours.vr !== theirs.vr) return false;
  const digest = theirs['x-binary'];
  if (digest !== undefined) {
    const bytes = Buffer.from(ours.InlineBinary ?? '', 'base64');
    return (
      bytes.length === digest.bytes && createHash('sha256').update(bytes).digest('hex') === digest.sha256
    );
  }
  if (ours.InlineBinary !== theirs.InlineBinary) return false;
  const left = ours.Value ?? [];
  const right = theirs.Value ?? [];
  return left.length === right.length && left.every((value, index) => isSame(value, right[index], ours.vr));
}

/** The reference prints floating point with 9 and 15 digits. */
function isSame(ours: unknown, theirs: unknown, vr: string): boolean {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    if (vr === 'FL') return Math.fround(ours) === Math.fround(theirs);
    return ours === theirs || Math.abs(ours - theirs) <= Math.abs(theirs) * 1e-14;
  }
  return JSON.stringify(ours) === JSON.stringify(theirs);
}
