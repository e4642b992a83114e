import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X07',
  name: 'is-ssh-weak',
  group: 'neighbours',
  question: 'Does SSH accept broken key exchanges or ciphers?',
  title: 'SSH accepts broken key exchanges or ciphers',
  sends:
    'The identification line; the lists of algorithms come back. No key is exchanged and no login tried.',
  proof: 'The lists name a key exchange, host key, cipher or MAC that is broken, or version 1.',
  score: 5.3,
  references: ['C4', 'I8.24'],
  fixes: ['F8'],
  why: "Whoever records or diverts the traffic may break such sessions and take the administrator's password with them.",
  fix: 'Update the SSH server, remove SHA-1 and group1 key exchanges, CBC and RC4 ciphers and ssh-dss keys from its lists, and allow keys instead of passwords.',
};
