import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W09',
  name: 'is-a-viewer-open',
  group: 'web',
  question: 'Does a viewer show its worklist to strangers?',
  title: 'A viewer shows its list of studies without a login',
  sends: 'GET / and a search for a UID made a moment ago in the viewer’s data source.',
  proof:
    'The title or a class of the page names a list of studies and no password is asked; or a known viewer whose data source answers strangers.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4', 'G32'],
  fixes: ['F4', 'F1'],
  why: 'Anybody who finds the page can look at patients’ images with a mouse, without knowing anything of DICOM.',
  fix: 'Put a login (single sign-on with a second factor) before the viewer and before the archive it reads from.',
};
