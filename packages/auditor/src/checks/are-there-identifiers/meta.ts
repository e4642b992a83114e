import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P09',
  name: 'are-there-identifiers',
  group: 'files',
  question: 'Are there identifiers of people, and where?',
  title: 'Files hold identifiers of people',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'Counts of files and places by kind: names, numbers, dates, addresses in standard elements, in free text, in private elements, in overlays.',
  score: 5.3,
  references: ['G32', 'PS3.15-E'],
  fixes: ['F9'],
  why: 'Whoever can read these files learns who was examined, when and why. Identifiers in free text, private elements and overlays stay when only the usual attributes are removed.',
  fix: 'Keep the files where only those who treat the patient can read them. Before they leave the house, remove identity by PS3.15 Annex E, with free text, private elements, overlays and nested sequences; then run this check again.',
};
