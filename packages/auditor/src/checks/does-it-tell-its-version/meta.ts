import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D20',
  name: 'does-it-tell-its-version',
  group: 'DIMSE',
  question: 'Does it tell its product and version?',
  title: 'Product and version are told to strangers',
  sends: 'Nothing of its own: items 52 and 55 of the answer to the first association.',
  proof: 'Implementation class UID and version name of a known product.',
  score: 5.3,
  references: ['I8.8', 'C7'],
  fixes: ['F5'],
  why: 'Published faults are listed by version. Whoever reads the version knows which of them to try.',
  fix: 'Update the product; refuse unknown devices before they see the answer, or let the product give a name without a version.',
};
