import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P11',
  name: 'are-there-national-identity-numbers',
  group: 'files',
  question: 'Are there national identity numbers?',
  title: 'Files hold social security or national identity numbers',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'Values shaped like such a number with a correct check digit, or declared as one; counted by country.',
  score: 6.5,
  references: ['HC3', 'G87'],
  fixes: ['F9'],
  why: 'With a social security number and a name, credit is taken and tax returns are filed. Such a leak must be reported in most countries, whatever the images show.',
  fix: 'Use an identifier of your own as PatientID. Remove national numbers from names, identifiers and comments, here and in the system that sends them.',
};
