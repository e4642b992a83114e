import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T08',
  name: 'is-no-client-certificate-asked',
  group: 'TLS',
  question: 'Does DICOM over TLS go without a client certificate?',
  title: 'No client certificate is asked for',
  sends: 'A TLS hello, and an A-ASSOCIATE-RQ over TLS without a certificate.',
  proof: 'A DICOM answer without a certificate.',
  score: 6.5,
  references: ['Hd', 'ITI-19'],
  fixes: ['F2'],
  why: 'The traffic is hidden, but anybody may still call: encryption alone keeps nobody out.',
  fix: 'Require a certificate of every device and accept only your own authority.',
};
