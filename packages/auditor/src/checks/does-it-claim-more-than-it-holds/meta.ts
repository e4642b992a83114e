import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P07',
  name: 'does-it-claim-more-than-it-holds',
  group: 'files',
  question: 'Does a file claim more than it holds?',
  title: 'A file asks for far more memory than it has bytes',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'Nesting, counts, lengths, frames or a compressed size beyond what a reader can bear, against the bytes that are there.',
  score: 7.5,
  references: ['CWE-400', 'CWE-770'],
  fixes: ['F9'],
  why: 'A viewer or archive that believes such a file fills its memory or never comes to an end. One file can stop a station.',
  fix: 'Move the files to quarantine. Update viewers and archives; set limits on the size and depth of what is received.',
};
