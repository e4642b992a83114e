import type { Check } from '../check.ts';
import { judgeOffered } from '../dimse-answers.ts';
import { meta } from './meta.ts';

/** Keys of the standard proposal. */
const CLASSES = [
  'print-grayscale',
  'print-color',
  'media-creation',
  'hanging-protocol-find',
  'event-logging',
];

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    return judgeOffered(asker, CLASSES);
  },
};
