import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X02',
  name: 'does-a-database-greet-strangers',
  group: 'neighbours',
  question: 'Do MySQL or SQL Server answer strangers?',
  title: 'A database answers connections from everywhere',
  sends: 'Nothing to MySQL, which speaks first; one PRELOGIN to SQL Server. No login.',
  proof: 'The server invites to log in; its version and whether it offers TLS are in the same answer.',
  score: 7.5,
  references: ['C4', 'PR.AC-5'],
  fixes: ['F1'],
  why: 'Passwords of the database can be tried from here and faults of its login code be used; without TLS, names of patients pass in clear text.',
  fix: 'Bind the database to localhost or the network of the archive, name the hosts that may connect (MySQL: user@host; a firewall for both), and require TLS.',
};
