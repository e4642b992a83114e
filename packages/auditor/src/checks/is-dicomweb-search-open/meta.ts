import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W01',
  name: 'is-dicomweb-search-open',
  group: 'web',
  question: 'May a stranger search by DICOMweb?',
  title: 'DICOMweb searches are open to strangers',
  sends: 'A QIDO-RS search for a Study Instance UID made a moment ago, at the usual roots.',
  proof: 'Status 200 with an empty list, or 204, where a protected server says 401.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4', 'G32'],
  fixes: ['F4', 'F1'],
  why: 'With a web browser and no password anybody can list the patients, their dates and their examinations.',
  fix: 'Demand a login (OAuth 2 or client certificates) on every path of DICOMweb, and take the door off the internet.',
};
