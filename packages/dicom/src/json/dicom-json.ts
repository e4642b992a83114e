/** A person name in DICOM JSON (PS3.18 F.2.2). */
export interface DicomJsonPersonName {
  Alphabetic?: string;
  Ideographic?: string;
  Phonetic?: string;
}

export type DicomJsonValue = string | number | null | DicomJsonPersonName | DicomJson;

/** An attribute in DICOM JSON: a VR and at most one of the others (PS3.18 F.2.2). */
export interface DicomJsonAttribute {
  vr: string;
  Value?: DicomJsonValue[];
  InlineBinary?: string;
  BulkDataURI?: string;
}

/** A data set in the DICOM JSON Model (PS3.18 Annex F): attributes by tag, eight upper-case hexadecimal digits. */
export interface DicomJson {
  [tag: string]: DicomJsonAttribute;
}
