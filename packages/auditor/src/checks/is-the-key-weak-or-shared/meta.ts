import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T07',
  name: 'is-the-key-weak-or-shared',
  group: 'TLS',
  question: 'Is the key short, signed with SHA-1 or shared with other hosts?',
  title: 'The TLS key is weak or not its own',
  sends:
    'Nothing of its own: the certificate of the handshake; keys are compared between hosts by their hash.',
  proof:
    'RSA under 2048 bits, a curve under 256, a SHA-1 signature, or the same key on another host of the scope.',
  score: 6.5,
  references: ['I8.24'],
  fixes: ['F7'],
  why: 'A key that a vendor ships to every customer is known to all of them: it hides nothing.',
  fix: 'Make a new key of 2048 bits RSA or P-256 on every host, never from the installation medium, and a certificate for it.',
};
