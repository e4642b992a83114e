import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D10',
  name: 'are-relational-queries-accepted',
  group: 'DIMSE',
  question: 'Are relational queries accepted?',
  title: 'Relational queries are accepted',
  sends: 'The relational bit in the extended negotiation of the Study Root model; no message.',
  proof: 'The A-ASSOCIATE-AC accepts it.',
  score: 4.3,
  references: ['I8.3'],
  fixes: ['F8'],
  why: 'One query over all patients finds every image of a kind, without going study by study: it makes collecting fast and is costly for the server.',
  fix: 'Switch relational queries off, or allow them only to the workstations that need them.',
};
