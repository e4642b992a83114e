import { SOPClassUID } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { content, evidenceOf, imageItem, section, startReport, text } from './content-items.ts';
import { code, item, setAll } from './modules.ts';
import type { Series } from './modules.ts';
import { seededUID } from './random.ts';

/** Between the middles of two pixels, columns and rows counted from 0. */
export interface Line {
  readonly from: readonly [column: number, row: number];
  readonly to: readonly [column: number, row: number];
  readonly lengthMm: number;
}

const dcm = (value: string, meaning: string): DataSet => code(value, 'DCM', meaning);

/** Enhanced SR (PS3.3 A.35.2), a Measurement Report (PS3.16 TID 1500): how long the lesion is in one section of the CT. */
export function ctMeasurement(
  of: Series,
  number: number,
  ct: Series,
  line: Line & { readonly section: number },
): DataSet {
  const title = dcm('126000', 'Imaging Measurement Report');
  const procedure = { ConceptCodeSequence: [code('77477000', 'SCT', 'Computed Tomography')] };
  const library = section('126200', 'Image Library Group', [imageItem('CONTAINS', ct, line.section)]);
  return setAll(startReport(of, SOPClassUID.EnhancedSRStorage, number, title), {
    CurrentRequestedProcedureEvidenceSequence: [evidenceOf(ct, line.section)],
    ContentTemplateSequence: [item({ MappingResource: 'DCMR', TemplateIdentifier: '1500' })],
    ContentSequence: [
      ...observer(of),
      content('HAS CONCEPT MOD', 'CODE', dcm('121058', 'Procedure reported'), procedure),
      section('111028', 'Image Library', [library]),
      section('126010', 'Imaging Measurements', [
        section('125007', 'Measurement Group', [
          text('112039', 'Tracking Identifier', 'Haemorrhage', 'HAS OBS CONTEXT'),
          uid('112040', 'Tracking Unique Identifier', seededUID(of.study.seed, `lesion ${ct.uid}`)),
          content('CONTAINS', 'CODE', dcm('121071', 'Finding'), {
            ConceptCodeSequence: [code('50960005', 'SCT', 'Hemorrhage')],
          }),
          measured(ct, line),
        ]),
      ]),
    ],
  });
}

/** Observation Context (PS3.16 TID 1001): a device said it, not a person. */
const observer = (of: Series): DataSet[] => [
  content('HAS OBS CONTEXT', 'CODE', dcm('121005', 'Observer Type'), {
    ConceptCodeSequence: [dcm('121007', 'Device')],
  }),
  uid('121012', 'Device Observer UID', seededUID(of.study.seed, 'device observer')),
];

const uid = (codeValue: string, meaning: string, value: string): DataSet =>
  content('HAS OBS CONTEXT', 'UIDREF', dcm(codeValue, meaning), { UID: value });

/** A length and the line it was taken from (PS3.16 TID 300, TID 320). */
function measured(ct: Series, { from, to, lengthMm, section: number }: Line & { section: number }): DataSet {
  // The middle of the first pixel is at 0.5 (PS3.3 C.10.5.1.2).
  const graphicData = [...from, ...to].map((coordinate) => coordinate + 0.5);
  const coordinates = content('INFERRED FROM', 'SCOORD', undefined, {
    GraphicType: 'POLYLINE',
    GraphicData: graphicData,
    ContentSequence: [imageItem('SELECTED FROM', ct, number)],
  });
  const value = item({
    NumericValue: lengthMm.toFixed(2),
    MeasurementUnitsCodeSequence: [code('mm', 'UCUM', 'millimeter')],
  });
  return content('CONTAINS', 'NUM', code('410668003', 'SCT', 'Length'), {
    MeasuredValueSequence: [value],
    ContentSequence: [coordinates],
  });
}
