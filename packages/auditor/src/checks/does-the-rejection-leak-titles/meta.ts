import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D19',
  name: 'does-the-rejection-leak-titles',
  group: 'DIMSE',
  question: 'Does the rejection tell which AE title was wrong?',
  title: 'Rejections help to guess AE titles',
  sends: 'One A-ASSOCIATE-RQ with a random called AE title, and one with a title the scope names, if any.',
  proof: 'The reason is "called" or "calling AE title not recognized" instead of "no reason given".',
  score: 3.7,
  references: ['I8.9'],
  fixes: ['F8'],
  why: 'The answer tells a guesser which of the two names was wrong, so they can be guessed one after the other.',
  fix: 'Let the server reject with "no reason given", whatever was wrong.',
};
