import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T06',
  name: 'is-the-certificate-invalid',
  group: 'TLS',
  question: 'Is the certificate expired, self-signed or for another name?',
  title: 'The certificate proves nothing',
  sends: 'One TLS handshake.',
  proof: 'Dates, issuer and names of the certificate.',
  score: 5.9,
  references: ['I8.24'],
  fixes: ['F7'],
  why: 'Devices that accept such a certificate accept any, so whoever sits on the way can show one of their own.',
  fix: 'Issue certificates from an authority of your own or a public one, watch their end, and let the devices check them.',
};
