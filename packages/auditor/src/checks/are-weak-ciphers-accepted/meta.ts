import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T04',
  name: 'are-weak-ciphers-accepted',
  group: 'TLS',
  question: 'Are weak cipher suites accepted?',
  title: 'Weak cipher suites are accepted',
  sends: 'One TLS 1.2 hello for each class: NULL, anonymous, RC4, 3DES, static RSA, CBC with SHA-1.',
  proof: 'A ServerHello with a suite of that class.',
  score: 5.9,
  references: ['RFC9325', 'B13'],
  fixes: ['F7'],
  why: 'Weak suites can be read afterwards by whoever recorded the traffic, or broken on the way.',
  fix: 'Allow only the suites of PS3.15 B.13: ECDHE with AES-GCM or ChaCha20, and the suites of TLS 1.3.',
};
