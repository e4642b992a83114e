import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T02',
  name: 'does-one-port-speak-clear-and-tls',
  group: 'TLS',
  question: 'Does one port speak both TLS and clear text?',
  title: 'TLS can be left out on the same port',
  sends: 'A TLS hello on a clear port, or an A-ASSOCIATE-RQ in clear on a TLS port.',
  proof: 'Both are answered.',
  score: 7.4,
  references: ['B12'],
  fixes: ['F7'],
  why: 'Whoever sits on the way only has to make a device try without TLS, and everything travels in clear.',
  fix: 'Give clear text and TLS different ports, and close the clear one.',
};
