import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P05',
  name: 'are-programs-in-private-elements',
  group: 'files',
  question: 'Are there programs or archives in private elements?',
  title: 'A program or an archive is hidden inside a DICOM file',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'A private or unknown value, padding, or what follows the data set begins like a program or an archive; or clamd knows it.',
  score: 6.5,
  references: ['I8.7', 'C10'],
  fixes: ['F9'],
  why: 'Values that no viewer shows are a good place to carry code past a virus scanner: a second step fetches and starts it.',
  fix: 'Move the files to quarantine and have them looked at. Remove private elements that nobody needs on receipt. Ask the vendor what it stores there when all files of one device are named.',
};
