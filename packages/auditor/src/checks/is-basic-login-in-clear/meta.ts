import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W06',
  name: 'is-basic-login-in-clear',
  group: 'web',
  question: 'Does the password travel in clear?',
  title: 'The login sends passwords in clear text',
  sends: 'GET / over plain HTTP.',
  proof: 'Status 401 with WWW-Authenticate: Basic, without TLS.',
  score: 6.5,
  references: ['He', 'PR.DS-2', 'G32'],
  fixes: ['F4', 'F7'],
  why: 'Basic authentication repeats the password with every request; in clear text everybody on the way can read it.',
  fix: 'Offer the login over HTTPS alone, and better as single sign-on with a second factor.',
};
