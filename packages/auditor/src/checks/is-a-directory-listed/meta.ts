import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W10',
  name: 'is-a-directory-listed',
  group: 'web',
  question: 'Is a folder of images listed on the web?',
  title: 'A web server lists DICOM files for everybody',
  sends: 'GET / and three customary folder names.',
  proof:
    'A directory listing with links to .dcm files, a DICOMDIR or an archive’s packs; they are counted, their names are dropped.',
  score: 7.5,
  references: ['PR.DS-5', 'Ha', 'G32'],
  fixes: ['F8', 'F1'],
  why: 'The whole folder can be downloaded with one command, and search engines may have done so already.',
  fix: 'Switch directory listings off (nginx: autoindex off; Apache: Options -Indexes) and move the files out of the web root.',
};
