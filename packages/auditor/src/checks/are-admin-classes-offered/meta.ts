import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D17',
  name: 'are-admin-classes-offered',
  group: 'DIMSE',
  question: 'Does it offer administrative classes?',
  title: 'Administrative services are offered',
  sends: 'Presentation contexts of these classes; no message.',
  proof: 'A context is accepted.',
  score: 5.3,
  references: ['PR.PT-3'],
  fixes: ['F6'],
  why: 'Inventory and availability services list what the archive holds; display services show how it is set up.',
  fix: 'Switch administrative services off, or allow them to the one system that uses them.',
};
