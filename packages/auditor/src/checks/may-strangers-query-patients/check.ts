import type { Check } from '../check.ts';
import { judgeQuery } from '../dimse-answers.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const question = { contextKey: 'patient-find', level: 'PATIENT' } as const;
    const verdict = judgeQuery(await asker.find({ ...question, mode: 'zero-match' }), ['A3']);
    if (verdict.outcome !== 'exposed' || !asker.isOptedIn('counting')) return verdict;
    const answer = await asker.find({ ...question, mode: 'count' });
    if (answer.kind !== 'status' || answer.pending === 0) return verdict;
    const evidence = { ...verdict.evidence, patients: answer.pending, isLowerBound: answer.wasCut };
    return { ...verdict, evidence, grants: ['A3', 'A4'] };
  },
};
