import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W04',
  name: 'is-stow-allowed',
  group: 'web',
  question: 'May a stranger store by DICOMweb?',
  title: 'Strangers may store over the web',
  sends: 'A STOW-RS request without a body: there is nothing in it that could be stored.',
  proof:
    'The server misses the content (400, 411, 415, 422, or success with nothing) instead of asking who is there (401).',
  score: 8.2,
  references: ['Hc', 'PR.DS-6', 'G32'],
  fixes: ['F4', 'F1'],
  why: 'Somebody can add false images to a patient or fill the storage until the archive stops.',
  fix: 'Demand a login with the right to store on POST, and let only known modalities and gateways have it.',
};
