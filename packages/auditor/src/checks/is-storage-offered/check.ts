import type { Check } from '../check.ts';
import { judgeOffered } from '../dimse-answers.ts';
import { meta } from './meta.ts';

/** Keys of the standard proposal. */
const CLASSES = ['storage-ct', 'storage-mr', 'storage-us', 'storage-sc', 'storage-cr', 'storage-dx'];

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    return judgeOffered(asker, CLASSES, ['W']);
  },
};
