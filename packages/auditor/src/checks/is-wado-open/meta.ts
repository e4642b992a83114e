import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W03',
  name: 'is-wado-open',
  group: 'web',
  question: 'May a stranger retrieve by WADO?',
  title: 'Images can be retrieved over the web without a login',
  sends: 'WADO-RS and WADO-URI requests for UIDs made a moment ago; nothing can be retrieved with them.',
  proof: 'The server looked for the study (404) instead of asking who is there (401).',
  score: 7.5,
  references: ['Ha', 'PR.AC-4', 'G32'],
  fixes: ['F4', 'F1'],
  why: 'Whoever knows or finds a UID can download the images, with the name burned into the header, from anywhere.',
  fix: 'Demand the same login for retrieval as for the search, on WADO-RS, WADO-URI and the REST interface of the product.',
};
