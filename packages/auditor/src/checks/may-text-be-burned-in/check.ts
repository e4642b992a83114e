import { Tag } from '@leadglass/dicom';
import type { FileCheck } from '../../files/file-check.ts';
import { meta } from './meta.ts';

/** Modalities (PS3.3 C.7.3.1.1.1) whose devices draw text into the picture. */
const textInPixels: ReadonlySet<string> = new Set([
  'US',
  'IVUS',
  'ES',
  'XC',
  'GM',
  'OP',
  'OT',
  'DOC',
  'RF',
  'XA',
  'DG',
  'SC',
  'BDUS',
  'ECG',
  'OCT',
  'DSA',
]);

/** SOP Class UIDs of captures: Secondary Capture (all forms), US, US Multi-frame, VL and video (PS3.4 B.5). */
const captureClass =
  /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(?:7(?:\.[1-4])?|6\.1|3\.1|6|3|77\.1\.(?:1|1\.1|2|2\.1|4|4\.1))$/;

/** P10: Burned In Annotation (0028,0301) is not NO where text in the pixels is usual. NO is a claim, not a proof. */
export const check: FileCheck = {
  meta,
  visit({ dataSet, pixels }, notes) {
    if (dataSet === undefined || pixels === undefined) return undefined;
    notes.count('images');
    const flag = dataSet.string(Tag.BurnedInAnnotation)?.toUpperCase();
    if (flag === 'YES') notes.expose('says-yes');
    else if (flag !== 'NO') {
      const modality = dataSet.string(Tag.Modality) ?? '';
      const isCapture =
        captureClass.test(dataSet.string(Tag.SOPClassUID) ?? '') ||
        dataSet.has(Tag.ConversionType) ||
        dataSet.strings(Tag.ImageType).includes('SCREEN SAVE');
      if (textInPixels.has(modality) || isCapture) notes.expose('flag-not-no');
    }
    const recognizable = dataSet.string(Tag.RecognizableVisualFeatures)?.toUpperCase();
    if (recognizable === 'YES') notes.count('recognizable-visual-features');
    return undefined;
  },
};
