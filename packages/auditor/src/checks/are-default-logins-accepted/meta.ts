import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W07',
  name: 'are-default-logins-accepted',
  group: 'web',
  question: "Does the product's documented login still work?",
  title: 'The documented default login is accepted',
  sends:
    'One login for each account that the documentation of the recognised product names. It stops at the first that works and at any sign of a lock.',
  proof: 'The page that refused a stranger (401) answers with the documented login (200).',
  score: 9.8,
  references: ['Hd', 'I5.17', 'PR.AC-1', 'G32'],
  fixes: ['F4'],
  optIn: 'defaultLogins',
  why: 'The password stands in the manual: whoever reads it owns the archive.',
  fix: 'Change or delete the documented accounts, and connect the product to your own single sign-on.',
};
