import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T09',
  name: 'is-an-untrusted-certificate-accepted',
  group: 'TLS',
  question: 'Is a client certificate that nobody trusts accepted?',
  title: 'Untrusted client certificates are accepted',
  sends: 'An A-ASSOCIATE-RQ over TLS with a certificate made a moment ago.',
  proof: 'A DICOM answer to it.',
  score: 8.1,
  references: ['Hd'],
  fixes: ['F2'],
  why: 'The server asks for a certificate and then takes any: it looks safe and is not.',
  fix: 'Configure the authority whose certificates are accepted, and refuse all others.',
};
