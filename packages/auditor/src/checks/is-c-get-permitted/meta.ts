import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D11',
  name: 'is-c-get-permitted',
  group: 'DIMSE',
  question: 'May a stranger fetch images with C-GET?',
  title: 'Images can be fetched with C-GET',
  sends:
    'A context of the C-GET model with role selection, and one C-GET-RQ for a StudyInstanceUID made a moment ago, so that nothing can be sent.',
  proof:
    'A C-GET-RSP with status 0000 and no sub-operation; of Orthanc also C000, which it says only to who may retrieve.',
  score: 7.5,
  references: ['Ha', 'Hc'],
  fixes: ['F2', 'F3'],
  why: 'Anybody can download every image over the connection they opened themselves: no address of theirs needs to be known to the archive.',
  fix: 'Switch C-GET off, or allow it only to registered devices by certificate.',
};
