import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P01',
  name: 'is-the-preamble-a-program',
  group: 'files',
  question: 'Does a DICOM file begin with a program?',
  title: 'A DICOM file is a program too',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'The 128 bytes before the DICM prefix begin like a program for Windows (PE), Linux (ELF), macOS (Mach-O), or a script.',
  score: 7.8,
  references: ['I8.7', 'C10', 'CVE-2019-11687'],
  fixes: ['F9'],
  why: 'A file that is an image for the viewer and a program for the operating system passes from station to station unsuspected. Whoever gets it started runs code inside the imaging network.',
  fix: 'Move the files named here to quarantine. Find out which station they came from and look at it. Replace the preamble by zeros in all that are kept: no image needs it. Let the archive refuse or clean such preambles on receipt.',
};
