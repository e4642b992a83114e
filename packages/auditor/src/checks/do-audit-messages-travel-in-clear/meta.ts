import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X10',
  name: 'do-audit-messages-travel-in-clear',
  group: 'neighbours',
  question: 'Are audit messages taken only over unprotected UDP?',
  title: 'Audit messages are taken over UDP 514 only',
  sends: 'One empty datagram to UDP 514 and one to UDP 6514, to compare; no audit message.',
  proof: 'UDP 6514 is refused and UDP 514 is not, and no syslog over TLS is open at TCP 6514.',
  score: 4.3,
  references: ['A.6', 'Hb'],
  fixes: ['F7'],
  why: 'Audit messages name patients and users: in clear over UDP they can be read, forged and lost without anybody noticing.',
  fix: 'Send and take audit messages by syslog over TLS (RFC 5425, port 6514) with certificates on both sides, and close UDP 514.',
};
