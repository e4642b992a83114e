import type { Check } from '../check.ts';
import { judgeOffered } from '../dimse-answers.ts';
import { meta } from './meta.ts';

/** Keys of the standard proposal. */
const CLASSES = ['mpps', 'storage-commitment', 'ups-push', 'ups-pull'];

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    return judgeOffered(asker, CLASSES);
  },
};
