import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D21',
  name: 'is-the-product-past-its-end',
  group: 'DIMSE',
  question: 'Is the product past its end of life?',
  title: 'The product gets no fixes any more',
  sends: 'Nothing of its own: the product and version the system told.',
  proof: 'The version is in the table of ends of life.',
  score: 7.5,
  references: ['DE.CM-8'],
  fixes: ['F5'],
  why: 'Faults that are found in it will stay open for good.',
  fix: 'Plan the change to a maintained version now, and put the system behind a gateway until then.',
};
