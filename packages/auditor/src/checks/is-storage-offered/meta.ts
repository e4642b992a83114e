import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D13',
  name: 'is-storage-offered',
  group: 'DIMSE',
  question: 'Does it take images from strangers?',
  title: 'Images of strangers are taken',
  sends: 'Presentation contexts of storage classes; nothing is stored.',
  proof: 'A context is accepted.',
  score: 8.2,
  references: ['Hc', 'PR.DS-6'],
  fixes: ['F3'],
  why: "Anybody could add images to a patient's examination or fill the disk. Forged findings have been shown to fool radiologists.",
  fix: 'Accept images only from registered modalities, each by certificate and address, and refuse all others when they associate.',
};
