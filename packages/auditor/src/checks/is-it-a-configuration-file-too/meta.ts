import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P03',
  name: 'is-it-a-configuration-file-too',
  group: 'files',
  question: 'Can a DICOM file be read as a configuration file?',
  title: 'A DICOM file is a configuration file too',
  sends: 'Nothing: files are read where they lie.',
  proof: 'The preamble begins like JSON; the file may end with its closing bracket.',
  score: 8.8,
  references: ['I8.7', 'CVE-2023-33466'],
  fixes: ['F9'],
  why: 'An archive that can be made to read such a file as its configuration does what the file says: open itself, or run commands.',
  fix: 'Move the files to quarantine. Update the archive (Orthanc to 1.12.0 or later) and forbid it to write or read configuration where images are kept.',
};
