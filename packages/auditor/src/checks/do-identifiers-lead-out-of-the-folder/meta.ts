import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P06',
  name: 'do-identifiers-lead-out-of-the-folder',
  group: 'files',
  question: 'Do identifiers lead out of the folder?',
  title: 'An identifier is a path',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'A UID, a patient, study or accession identifier or a Referenced File ID holds "..", an absolute path, a drive, or a path separator where none may be.',
  score: 7.5,
  references: ['CWE-22', 'CVE-2026-32711', 'CVE-2026-56445'],
  fixes: ['F9'],
  why: 'Software that makes file names of identifiers writes or deletes where the file says: outside its own folder.',
  fix: 'Move the files to quarantine. Update what receives them. Never make file names of identifiers that came from elsewhere.',
};
