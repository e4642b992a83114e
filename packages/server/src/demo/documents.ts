import { SOPClassUID } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { evidenceOf, imageItem, section, startReport, text } from './content-items.ts';
import { code, setAll, startInstance } from './modules.ts';
import type { Series } from './modules.ts';
import { pdfOf } from './pdf.ts';

const findingText =
  'In the left hemisphere, beside the body of the lateral ventricle, a hyperdense lesion of 23 x 30 x 22 mm with a ' +
  'mean density of 68 HU, surrounded by hypodense oedema. The ventricles are not displaced. No fracture.';
const techniqueText =
  'Sixty axial sections of 2.5 mm from the skull base to the vertex, 120 kV, 220 mA, 1 s each, field of view 250 mm, ' +
  'no contrast medium. Windows for brain (40/80) and bone (600/2800). Compared with nothing: there was no study before.';
const impressionText =
  'Intracerebral haemorrhage with oedema, drawn from ellipsoids. This is a phantom and nobody is ill.';

/** Basic Text SR (PS3.3 A.35.1) on the CT, with the section it speaks of among its evidence. */
export function ctReport(of: Series, number: number, ct: Series, lesionInstance: number): DataSet {
  const title = code('18748-4', 'LN', 'Diagnostic imaging report');
  const dataSet = startReport(of, SOPClassUID.BasicTextSRStorage, number, title);
  // Some readers show no reference without its purpose.
  const purpose = code('121080', 'DCM', 'Best illustration of finding');
  return setAll(dataSet, {
    CurrentRequestedProcedureEvidenceSequence: [evidenceOf(ct, lesionInstance)],
    ContentSequence: [
      section('121064', 'Current Procedure Descriptions', [
        text('121065', 'Procedure Description', techniqueText),
      ]),
      section('121070', 'Findings', [
        text('121071', 'Finding', findingText),
        imageItem('CONTAINS', ct, lesionInstance, purpose),
      ]),
      section('121072', 'Impressions', [text('121073', 'Impression', impressionText)]),
    ],
  });
}

/** Encapsulated PDF (PS3.3 A.45.1). */
export function pdfDocument(of: Series, number: number): DataSet {
  const dataSet = startInstance(of, SOPClassUID.EncapsulatedPDFStorage, number);
  const document = pdfOf('Leadglass demo: report', [
    `Patient ${of.study.person.patientID}, ${of.study.description}, ${of.study.date}`,
    '',
    ...wrapped(findingText),
    '',
    ...wrapped(impressionText),
  ]);
  return setAll(dataSet, {
    AcquisitionDateTime: `${of.study.date}${of.study.time}`,
    ConversionType: 'WSD',
    BurnedInAnnotation: 'YES',
    DocumentTitle: 'Report of a CT of the head (demo)',
    ConceptNameCodeSequence: [code('18748-4', 'LN', 'Diagnostic imaging report')],
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: document.length,
    EncapsulatedDocument: document,
  });
}

/** Characters to a line of the PDF. */
const LINE_CHARACTERS = 84;

function wrapped(words: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(' ')) {
    if (line.length + word.length >= LINE_CHARACTERS) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
