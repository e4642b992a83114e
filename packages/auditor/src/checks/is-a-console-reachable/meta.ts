import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W13',
  name: 'is-a-console-reachable',
  group: 'web',
  question: 'Is a console of administration within reach?',
  title: 'A console of administration is within reach',
  sends:
    'GET / and the usual paths of the consoles of WildFly, Keycloak, Kibana, pgAdmin, phpMyAdmin and phpLDAPadmin.',
  proof: 'The title, realm or header of one of these consoles.',
  score: 7.2,
  references: ['PR.AC-4', 'C4', 'G32'],
  fixes: ['F6', 'F1'],
  why: 'Who guesses its password, or knows a fault of it, can change the archive, its users and its data.',
  fix: 'Bind consoles to localhost or a management network, and reach them over a VPN with a second factor.',
};
