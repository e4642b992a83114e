import { describe, expect, test } from 'vitest';
import { SOPClassUID, Tag } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { buildFile, changed, countedBy, exposedBy } from '../../files/testing/build-file.ts';

const fileWith = (change: (dataSet: DataSet) => void): Uint8Array => buildFile({ dataSet: changed(change) });

describe('P10: Burned In Annotation (0028,0301)', () => {
  test('YES on any image', async () => {
    expect(
      await exposedBy(
        'P10',
        fileWith((one) => one.set(Tag.BurnedInAnnotation, 'YES')),
      ),
    ).toEqual(['says-yes']);
  });

  test('absent where devices draw text', async () => {
    expect(
      await exposedBy(
        'P10',
        fileWith((one) => one.set(Tag.Modality, 'US')),
      ),
    ).toEqual(['flag-not-no']);
    expect(
      await exposedBy(
        'P10',
        fileWith((one) => one.set(Tag.ConversionType, 'WSD')),
      ),
    ).toEqual(['flag-not-no']);
    const capture = fileWith((one) => one.set(Tag.SOPClassUID, SOPClassUID.SecondaryCaptureImageStorage));
    expect(await exposedBy('P10', capture)).toEqual(['flag-not-no']);
  });

  test('NO, absent on a CT, no pixels at all: silent', async () => {
    const said = fileWith((one) => {
      one.set(Tag.Modality, 'US');
      one.set(Tag.BurnedInAnnotation, 'NO');
    });
    expect(await exposedBy('P10', said)).toEqual([]);
    expect(await exposedBy('P10', buildFile())).toEqual([]);
    const report = fileWith((one) => {
      one.set(Tag.Modality, 'US');
      one.delete(Tag.PixelData);
    });
    expect(await exposedBy('P10', report)).toEqual([]);
  });

  test('recognizable features are counted', async () => {
    const file = fileWith((one) => one.set(Tag.RecognizableVisualFeatures, 'YES'));
    expect(await countedBy('P10', file)).toEqual(['images', 'recognizable-visual-features']);
  });
});
