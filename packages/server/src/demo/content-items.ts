import type { DataSet } from '@leadglass/dicom';
import { ctReference } from './head-images.ts';
import { code, item, setAll, startInstance } from './modules.ts';
import type { Attributes, Series } from './modules.ts';

/** SR Document General and the root of the content tree (PS3.3 C.17.2, C.17.3): complete, verified by nobody. */
export function startReport(of: Series, sopClassUID: string, number: number, title: DataSet): DataSet {
  return setAll(startInstance(of, sopClassUID, number), {
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    ValueType: 'CONTAINER',
    ContinuityOfContent: 'SEPARATE',
    ConceptNameCodeSequence: [title],
  });
}

/** An item of the content tree (PS3.3 C.17.3). @param concept its name: what is said, or the purpose of a reference */
export function content(
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

export const section = (codeValue: string, meaning: string, items: readonly DataSet[]): DataSet =>
  content('CONTAINS', 'CONTAINER', code(codeValue, 'DCM', meaning), {
    ContinuityOfContent: 'SEPARATE',
    ContentSequence: items,
  });

export const text = (
  codeValue: string,
  meaning: string,
  value: string,
  relationshipType = 'CONTAINS',
): DataSet => content(relationshipType, 'TEXT', code(codeValue, 'DCM', meaning), { TextValue: value });

/** A reference to one image of a CT series. */
export const imageItem = (relationshipType: string, ct: Series, number: number, purpose?: DataSet): DataSet =>
  content(relationshipType, 'IMAGE', purpose, { ReferencedSOPSequence: [ctReference(ct, number)] });

/** The image among the evidence of a report: everything that a report refers to is named here (PS3.3 C.17.2). */
export const evidenceOf = (ct: Series, number: number): DataSet =>
  item({
    StudyInstanceUID: ct.study.uid,
    ReferencedSeriesSequence: [
      item({ SeriesInstanceUID: ct.uid, ReferencedSOPSequence: [ctReference(ct, number)] }),
    ],
  });
