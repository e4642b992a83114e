import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T10',
  name: 'is-tls-1-3-missing',
  group: 'TLS',
  question: 'Is TLS 1.3 missing?',
  title: 'TLS 1.3 is not offered',
  sends: 'One TLS 1.3 handshake.',
  proof: 'It is refused.',
  score: 2.0,
  references: ['B12'],
  fixes: ['F7'],
  why: 'TLS 1.3 is faster and leaves out what was weak; PS3.15 B.12 lets a server prefer it.',
  fix: 'Switch TLS 1.3 on beside 1.2; newer versions of the product have it.',
};
