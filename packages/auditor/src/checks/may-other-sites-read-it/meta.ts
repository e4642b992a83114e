import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W11',
  name: 'may-other-sites-read-it',
  group: 'web',
  question: "May any web site read the archive through a visitor's browser?",
  title: 'Any web site may read the archive through a visitor’s browser',
  sends:
    'The search for a UID made a moment ago, with an Origin header that names a site that does not exist.',
  proof: 'Access-Control-Allow-Origin is * or repeats the foreign site.',
  score: 6.5,
  references: ['C16', 'G32'],
  fixes: ['F8'],
  why: 'A page that an employee happens to open can read the archive in the background with the employee’s rights.',
  fix: 'Name the few sites that need it in the CORS settings; never combine a wildcard or a repeated origin with credentials.',
};
