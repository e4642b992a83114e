import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'P04',
  name: 'does-a-document-act',
  group: 'files',
  question: 'Does an encapsulated document act when it is opened?',
  title: 'A document inside a DICOM file acts when opened',
  sends: 'Nothing: files are read where they lie.',
  proof:
    'A PDF with JavaScript, a launch or other action, an attachment or a form that sends; a CDA or HTML document with script; a program under the name of a document.',
  score: 7.8,
  references: ['I8.7', 'C10'],
  fixes: ['F9'],
  why: 'Reports are opened by a click in the viewer. A document that runs script, starts programs or loads from elsewhere attacks the station it is read on.',
  fix: 'Move the files to quarantine. Ask for the documents anew, printed to plain PDF/A. Open documents only in a reader with JavaScript and external content turned off.',
};
