import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P08',
  name: 'is-there-code-in-text',
  group: 'files',
  question: 'Is there code in text?',
  title: 'Text of a DICOM file is code for a browser, a database or a shell',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'A text value holds script for a browser, SQL, a format string, a template, a shell command or terminal escapes.',
  score: 6.1,
  references: ['CWE-79', 'CWE-89', 'CWE-134'],
  fixes: ['F9'],
  why: 'Names and descriptions are shown in browsers, put into databases and printed to logs. Where one of them is not careful, such a text acts there.',
  fix: 'Move the files to quarantine and look at what sent them. Update viewers and archives that show these texts.',
};
