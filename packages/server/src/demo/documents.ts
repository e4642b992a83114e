import { SOPClassUID } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { code, instanceUID, item, setAll, startInstance } from './modules.ts';
import type { Attributes, Series } from './modules.ts';
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
  const dataSet = startInstance(of, SOPClassUID.BasicTextSRStorage, number);
  const reference = (): DataSet =>
    item({
      ReferencedSOPClassUID: SOPClassUID.CTImageStorage,
      ReferencedSOPInstanceUID: instanceUID(ct, lesionInstance),
    });
  const evidence = item({
    StudyInstanceUID: ct.study.uid,
    ReferencedSeriesSequence: [item({ SeriesInstanceUID: ct.uid, ReferencedSOPSequence: [reference()] })],
  });
  const image = content('CONTAINS', 'IMAGE', undefined, { ReferencedSOPSequence: [reference()] });
  return setAll(dataSet, {
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    CurrentRequestedProcedureEvidenceSequence: [evidence],
    ValueType: 'CONTAINER',
    ContinuityOfContent: 'SEPARATE',
    ConceptNameCodeSequence: [code('18748-4', 'LN', 'Diagnostic imaging report')],
    ContentSequence: [
      section('121064', 'Current Procedure Descriptions', [
        text('121065', 'Procedure Description', techniqueText),
      ]),
      section('121070', 'Findings', [text('121071', 'Finding', findingText), image]),
      section('121072', 'Impressions', [text('121073', 'Impression', impressionText)]),
    ],
  });
}

/** An item of the content tree (PS3.3 C.17.3). */
function content(
  relationshipType: string,
  valueType: string,
  concept: DataSet | undefined,
  rest: Attributes,
): DataSet {
  return item({
    RelationshipType: relationshipType,
    ValueType: valueType,
    ...(concept === undefined ? {} : { ConceptNameCodeSequence: [concept] }),
    ...rest,
  });
}

const section = (codeValue: string, meaning: string, items: readonly DataSet[]): DataSet =>
  content('CONTAINS', 'CONTAINER', code(codeValue, 'DCM', meaning), {
    ContinuityOfContent: 'SEPARATE',
    ContentSequence: items,
  });

const text = (codeValue: string, meaning: string, value: string): DataSet =>
  content('CONTAINS', 'TEXT', code(codeValue, 'DCM', meaning), { TextValue: value });

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
