import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D18',
  name: 'is-user-identity-ignored',
  group: 'DIMSE',
  question: 'Is user identity ignored?',
  title: 'User identity is not checked',
  sends:
    'One A-ASSOCIATE-RQ with a made-up user name and passcode (item 58, type 2), besides the one without.',
  proof: 'An A-ASSOCIATE-AC to both.',
  score: 6.5,
  references: ['B4', 'B5', 'Hd'],
  fixes: ['F4'],
  why: 'The server takes a wrong password as happily as none, so nobody can tell afterwards who looked.',
  fix: 'Require user identity or, better, a client certificate for each device, and refuse what does not verify.',
};
