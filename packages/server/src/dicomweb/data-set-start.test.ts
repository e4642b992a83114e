import { deflateRawSync } from 'node:zlib';
import { writePart10Header } from '@leadglass/dicom';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CT_IMAGE, instanceOf, instanceUID, studyUID } from '../archive/testing/instances.ts';
import { DataSetStart, StartError } from './data-set-start.ts';

const DEFLATED = '1.2.840.10008.1.2.1.99';

/** Pushes until it is known, each piece written over afterwards; what was stored, and what it is. */
function startOf(file: Buffer, cut: readonly number[], study?: string) {
  const start = new DataSetStart(study);
  for (let at = 0, turn = 0; at < file.length; turn++) {
    const piece = Buffer.from(file.subarray(at, (at += cut[turn % cut.length] ?? 1)));
    const started = start.push(piece);
    const found = started && { ...started, dataSetBytes: Buffer.from(started.dataSetBytes), readTo: at };
    piece.fill(0);
    if (found) return found;
  }
  const started = start.end();
  return started && { ...started, readTo: file.length };
}

function fileOf(
  dataSet: Uint8Array,
  { transferSyntaxUID }: { transferSyntaxUID: string },
  sopClassUID = CT_IMAGE,
): Buffer {
  const about = { sopClassUID, sopInstanceUID: '1.2', implementationClassUID: '1.2.3' };
  return Buffer.concat([writePart10Header({ ...about, transferSyntaxUID }), dataSet]);
}

test('an instance is known by its data set, and what came of it is given, however it arrives', () => {
  const { dataSet, source } = instanceOf({ number: 7, pixelBytes: 30_000 });
  const file = fileOf(dataSet, source);
  const cuts = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(cuts, fc.boolean(), (cut, named) => {
      const started = startOf(file, cut, named ? studyUID(1) : undefined);
      expect(started?.source).toMatchObject({ sopClassUID: CT_IMAGE, sopInstanceUID: instanceUID(1, 1, 7) });
      const given = Buffer.from(started?.dataSetBytes ?? []);
      const headerBytes = file.length - dataSet.length;
      expect(given.equals(file.subarray(headerBytes, started?.readTo))).toBe(true);
    }),
  );
});

test('its UIDs are whole, wherever they stand', () => {
  for (let before = 150; before < 300; before += 2) {
    const imageType = 'A'.repeat(before);
    const { dataSet, source } = instanceOf({
      number: 9,
      pixelBytes: 10_000,
      change: (one) => one.set(0x0008_0008, imageType),
    });
    const started = startOf(fileOf(dataSet, source), [20_000]);
    expect(started?.source).toMatchObject({ sopClassUID: CT_IMAGE, sopInstanceUID: instanceUID(1, 1, 9) });
  }
});

test('a short one that is deflated is known at its end', () => {
  const { dataSet } = instanceOf({ number: 8, pixelBytes: 10 });
  const file = fileOf(deflateRawSync(dataSet), { transferSyntaxUID: DEFLATED });
  expect(startOf(file, [100])?.source).toMatchObject({ sopInstanceUID: instanceUID(1, 1, 8) });
});

test('another class in File Meta Information is worth a warning (B007)', () => {
  const { dataSet, source } = instanceOf();
  expect(startOf(fileOf(dataSet, source), [5000])?.warning).toBeUndefined();
  expect(startOf(fileOf(dataSet, source, '1.2.9'), [5000])?.warning).toBe('SOP_CLASS_DIFFERS');
});

test('what has no UIDs, another study, or a syntax nobody knows is refused', () => {
  const { dataSet, source } = instanceOf({ pixelBytes: 10_000 });
  const codeOf = (file: Buffer, study?: string): string => {
    try {
      startOf(file, [5000], study);
    } catch (error) {
      if (error instanceof StartError) return error.code;
    }
    return 'none';
  };
  const bare = instanceOf({ pixelBytes: 10_000, change: (one) => one.delete(0x0008_0018) });
  expect(codeOf(fileOf(bare.dataSet, source))).toBe('NO_SOP_INSTANCE');
  expect(codeOf(fileOf(dataSet, source), '1.2.3')).toBe('STUDY_MISMATCH');
  expect(codeOf(fileOf(dataSet, { transferSyntaxUID: '1.2.3' }))).toBe('UNKNOWN_TRANSFER_SYNTAX');
});
