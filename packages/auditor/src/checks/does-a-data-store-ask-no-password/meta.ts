import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X03',
  name: 'does-a-data-store-ask-no-password',
  group: 'neighbours',
  question: 'Do Redis, MongoDB or Elasticsearch work without a password?',
  title: 'A data store works without a password',
  sends:
    'PING to Redis; to MongoDB a search of one random collection that does not exist; GET / to Elasticsearch.',
  proof: 'PONG, a reply that is allowed and empty, or the cluster presenting itself, without a login.',
  score: 9.8,
  references: ['Hd', 'PR.AC-1'],
  fixes: ['F6', 'F1'],
  why: 'Everything in it can be read and deleted by anybody; such stores are emptied for ransom by robots within hours.',
  fix: 'Set a password (Redis: requirepass or ACLs; MongoDB: security.authorization; Elasticsearch: xpack.security), and bind the store to localhost.',
};
