import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T01',
  name: 'is-dicom-unencrypted',
  group: 'TLS',
  question: 'Does DICOM travel unencrypted?',
  title: 'DICOM travels unencrypted',
  sends: 'One A-ASSOCIATE-RQ without TLS.',
  proof: 'An A-ASSOCIATE-AC.',
  score: 7.4,
  references: ['He', 'B12', 'PR.DS-2'],
  fixes: ['F7'],
  why: 'Whoever sits on the way, in the clinic or on the internet, reads and changes names, findings and images.',
  fix: 'Switch DICOM over TLS on (port 2762) with certificates on both sides, and the clear port off. For devices that cannot, put a gateway beside them.',
};
