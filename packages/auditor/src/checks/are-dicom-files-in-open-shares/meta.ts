import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S07',
  name: 'are-dicom-files-in-open-shares',
  group: 'shares',
  question: 'Do DICOM files lie in an open share?',
  title: 'DICOM files lie in an open share',
  sends:
    'One listing of the top folder of anonymous FTP, WebDAV or an object store, and the first 132 bytes of one file over HTTP.',
  proof:
    'File names that end in .dcm, or DICM at byte 128; names are counted and dropped, and no byte of a data set is read.',
  score: 7.5,
  references: ['G32', 'PR.DS-1'],
  fixes: ['F9'],
  optIn: 'shareContent',
  why: 'Images in an open folder can be copied with a file browser; nobody needs a viewer or a password for it.',
  fix: 'Close the share at once, find out from its log who has read it, and move the files into the archive.',
};
