import type { Check } from '../check.ts';
import { judgeQuery } from '../dimse-answers.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    return judgeQuery(await asker.find({ contextKey: 'study-find', level: 'STUDY', mode: 'zero-match' }), [
      'A3',
    ]);
  },
};
