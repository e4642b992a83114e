import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X01',
  name: 'does-postgresql-trust-anyone',
  group: 'neighbours',
  question: 'Does PostgreSQL let anybody in without a password?',
  title: 'PostgreSQL lets anybody in without a password',
  sends: 'A startup message as postgres; nothing after the answer, and no SQL.',
  proof: 'AuthenticationOk without a question for a password.',
  score: 9.8,
  references: ['Hd', 'PR.AC-1'],
  fixes: ['F6', 'F1'],
  why: 'The index of the archive, with the names of all patients, can be read, changed and deleted by anybody; a superuser can also run programs.',
  fix: 'Replace trust by scram-sha-256 in pg_hba.conf, set listen_addresses to localhost or the one network that needs it, and reload.',
};
