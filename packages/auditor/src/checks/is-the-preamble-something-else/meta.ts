import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P02',
  name: 'is-the-preamble-something-else',
  group: 'files',
  question: 'Does the preamble hold anything but zeros or a TIFF header?',
  title: 'A preamble holds something that nobody declared',
  sends: 'Nothing: files are read where they lie.',
  proof: 'The 128 bytes before the DICM prefix are neither zero nor a TIFF header.',
  score: 4.0,
  references: ['I8.7'],
  fixes: ['F9'],
  why: 'The first 128 bytes of a DICOM file are free for a second format. Only TIFF is in use; anything else is a remnant of some software, or something hidden.',
  fix: 'Look at where these files were made. Replace the preamble by zeros in all that are kept.',
};
