import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W08',
  name: 'is-a-blank-login-accepted',
  group: 'web',
  question: 'Is a login without name and password accepted?',
  title: 'The login accepts an empty name and password',
  sends:
    'One login with an empty name and an empty password, in the way the door asks for it (Basic, or its form).',
  proof: 'What was refused to a stranger is answered after the empty login.',
  score: 9.8,
  references: ['Hd', 'I5.17', 'G32'],
  fixes: ['F4'],
  optIn: 'defaultLogins',
  why: 'The login page is a door without a lock: pressing Enter opens the archive.',
  fix: 'Refuse empty names and passwords, disable accounts without a password, and ask the vendor for a fix.',
};
