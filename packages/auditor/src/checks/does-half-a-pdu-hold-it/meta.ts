import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D23',
  name: 'does-half-a-pdu-hold-it',
  group: 'DIMSE',
  question: 'Does half a PDU hold a connection open?',
  title: 'An unfinished association is held open',
  sends:
    'The first half of an A-ASSOCIATE-RQ, then silence for 40 seconds, or as long as the scope says (35 to 60).',
  proof: 'The connection is still open when the wait is over.',
  score: 5.3,
  references: ['PS3.8'],
  fixes: ['F8'],
  why: 'Whoever sends half a request keeps a place of the server for as long as they like; many of them stop it.',
  fix: 'Set the ARTIM timer (association timeout) of the server to 30 seconds or less.',
};
