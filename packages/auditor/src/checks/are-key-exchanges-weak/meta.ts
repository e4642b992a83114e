import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T05',
  name: 'are-key-exchanges-weak',
  group: 'TLS',
  question: 'Is the key exchange too short?',
  title: 'The key exchange is too short',
  sends: 'One TLS 1.2 hello with DHE suites alone and one with ECDHE suites alone.',
  proof: 'A Diffie-Hellman prime under 2048 bits, or a curve under 256.',
  score: 5.9,
  references: ['B13'],
  fixes: ['F7'],
  why: 'A short key exchange can be computed by those with means, and with it everything that was recorded.',
  fix: 'Use ECDHE on P-256, P-384 or X25519; if DHE must stay, with 2048 bits or more.',
};
