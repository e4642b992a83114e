import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P10',
  name: 'may-text-be-burned-in',
  group: 'files',
  question: 'May names be burned into the pixels?',
  title: 'Images may carry burned-in names',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'Burned In Annotation (0028,0301) is YES, or is absent on a kind of image that usually carries text.',
  score: 5.3,
  references: ['PS3.15-E.3.1', 'G32'],
  fixes: ['F9'],
  why: 'Ultrasound machines, film scanners and screen captures write the name into the picture itself. Removing it from the header leaves it there for all to read.',
  fix: 'Treat these images as naming the patient. Before they leave the house, blank the text in the pixels, have a person look at a sample, and set Burned In Annotation to NO.',
};
