import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D24',
  name: 'is-an-absurd-length-accepted',
  group: 'DIMSE',
  question: 'Is a PDU of 2 GiB taken seriously?',
  title: 'Absurd PDU lengths are accepted',
  sends: 'The header of an A-ASSOCIATE-RQ that announces 2^31 bytes, and nothing more; for laboratories.',
  proof: 'The connection is still open after five seconds.',
  score: 5.3,
  references: ['I8.6'],
  fixes: ['F8'],
  optIn: 'absurdLength',
  why: 'A server that believes the announcement may set aside that much memory and stop.',
  fix: 'Update to a version that refuses lengths no association needs.',
};
