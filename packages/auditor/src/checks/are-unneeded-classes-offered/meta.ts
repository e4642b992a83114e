import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D16',
  name: 'are-unneeded-classes-offered',
  group: 'DIMSE',
  question: 'Does it offer printing and other classes an archive does not need?',
  title: 'Unneeded services are offered',
  sends: 'Presentation contexts of these classes; no message.',
  proof: 'A context is accepted.',
  score: 4.3,
  references: ['PR.PT-3'],
  fixes: ['F6'],
  why: 'Every service that nobody needs is code that a stranger can reach.',
  fix: 'Switch off the services that no device of yours uses.',
};
