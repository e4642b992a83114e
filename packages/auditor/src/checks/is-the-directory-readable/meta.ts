import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X08',
  name: 'is-the-directory-readable',
  group: 'neighbours',
  question: 'Can strangers search the LDAP directory?',
  title: 'The LDAP directory can be searched without a login',
  sends: 'An anonymous bind, the root DSE, and a search for a random name that exists nowhere.',
  proof: 'The search is permitted: success, with no entry.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4'],
  fixes: ['F8'],
  why: 'dcm4chee keeps the whole configuration of the archive in LDAP, other directories all accounts: a map of what to attack, readable by anybody.',
  fix: 'Refuse anonymous binds (slapd: disallow bind_anon and require authc), restrict reading by ACL, and close port 389 to other networks.',
};
