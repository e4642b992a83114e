import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W17',
  name: 'are-tokens-in-links',
  group: 'web',
  question: 'Do links carry tokens that do not expire?',
  title: 'Links carry a token that opens the archive',
  sends: 'Nothing of its own: the front page and its redirect.',
  proof:
    'A link or redirect whose address holds a token without an end, or with one more than a day away; the token is not kept.',
  score: 5.4,
  references: ['I5.17', 'G32'],
  fixes: ['F4', 'F8'],
  why: 'Addresses end up in histories, proxies and mails: whoever finds the link is let in.',
  fix: 'Send tokens in headers or cookies; let share links end within hours and ask for a second secret.',
};
