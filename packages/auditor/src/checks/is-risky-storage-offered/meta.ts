import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D14',
  name: 'is-risky-storage-offered',
  group: 'DIMSE',
  question: 'Does it take documents, raw or private objects from strangers?',
  title: 'Documents, raw and private objects are taken',
  sends: 'Presentation contexts of these classes; no message.',
  proof: 'A context is accepted.',
  score: 6.5,
  references: ['I8.7'],
  fixes: ['F8'],
  why: "These classes carry whole documents and programs, which the archive then hands to doctors' computers with the trust of a patient record.",
  fix: 'Accept only the classes your devices produce; check documents for active content before anybody opens them.',
};
