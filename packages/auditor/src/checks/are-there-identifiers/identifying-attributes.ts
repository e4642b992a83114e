import { Tag } from '@leadglass/dicom';

/** Kinds of attributes of PS3.15 Table E.1-1 that identify by themselves, and those that help to. */
export type AttributeKind =
  | 'patient-name'
  | 'patient-id'
  | 'birth-date'
  | 'address'
  | 'telephone'
  | 'order-number'
  | 'study-number'
  | 'personal-trait'
  | 'staff-name'
  | 'institution'
  | 'device'
  | 'date';

/** Kinds that expose a person; the others are counted. */
export const exposingKinds: ReadonlySet<AttributeKind> = new Set<AttributeKind>([
  'patient-name',
  'patient-id',
  'birth-date',
  'address',
  'telephone',
  'order-number',
  'personal-trait',
  'staff-name',
]);

/** Kinds a pseudonym may stand in when the file says that identity was removed. */
export const pseudonymKinds: ReadonlySet<AttributeKind> = new Set<AttributeKind>([
  'patient-name',
  'patient-id',
]);

const tagsByKind: Readonly<Partial<Record<AttributeKind, readonly number[]>>> = {
  'patient-name': [
    Tag.PatientName,
    Tag.OtherPatientNames,
    Tag.PatientBirthName,
    Tag.PatientMotherBirthName,
    Tag.ResponsiblePerson,
    Tag.NamesOfIntendedRecipientsOfResults,
  ],
  'patient-id': [
    Tag.PatientID,
    Tag.OtherPatientIDs,
    Tag.MedicalRecordLocator,
    Tag.InsurancePlanIdentification,
    Tag.AdmissionID,
  ],
  'birth-date': [
    Tag.PatientBirthDate,
    Tag.PatientBirthTime,
    Tag.PatientBirthDateInAlternativeCalendar,
    Tag.PatientDeathDateInAlternativeCalendar,
  ],
  address: [
    Tag.PatientAddress,
    Tag.CountryOfResidence,
    Tag.RegionOfResidence,
    Tag.PersonAddress,
    Tag.PatientInstitutionResidence,
    Tag.CurrentPatientLocation,
  ],
  telephone: [
    Tag.PatientTelephoneNumbers,
    Tag.PatientTelecomInformation,
    Tag.PersonTelephoneNumbers,
    Tag.PersonTelecomInformation,
    Tag.ReferringPhysicianTelephoneNumbers,
    Tag.OrderCallbackPhoneNumber,
  ],
  'order-number': [
    Tag.AccessionNumber,
    Tag.PlacerOrderNumberImagingServiceRequest,
    Tag.FillerOrderNumberImagingServiceRequest,
    Tag.ServiceEpisodeID,
  ],
  'study-number': [
    Tag.StudyID,
    Tag.RequestedProcedureID,
    Tag.ScheduledProcedureStepID,
    Tag.PerformedProcedureStepID,
    Tag.ClinicalTrialSubjectID,
  ],
  'personal-trait': [
    Tag.EthnicGroup,
    Tag.Occupation,
    Tag.PatientReligiousPreference,
    Tag.MilitaryRank,
    Tag.BranchOfService,
    Tag.PersonIdentificationCodeSequence,
  ],
  institution: [
    Tag.InstitutionName,
    Tag.InstitutionAddress,
    Tag.InstitutionalDepartmentName,
    Tag.StationName,
    Tag.RequestingService,
  ],
  device: [Tag.DeviceSerialNumber, Tag.DetectorID, Tag.GantryID, Tag.DeviceUID, Tag.PlateID, Tag.CassetteID],
};

/** Kind of a standard attribute by its tag; those of VR PN and DA are told by their VR. */
export const kindOfTag: ReadonlyMap<number, AttributeKind> = new Map(
  Object.entries(tagsByKind).flatMap(([kind, tags]) =>
    tags.map((tag): [number, AttributeKind] => [tag, kind as AttributeKind]),
  ),
);

/** Attributes whose text comes from a vocabulary: a patient called Hand is not named by a body part. */
export const vocabulary: ReadonlySet<number> = new Set<number>([
  Tag.CodeMeaning,
  Tag.CodeValue,
  Tag.LongCodeValue,
  Tag.CodingSchemeDesignator,
  Tag.CodingSchemeName,
  Tag.CodingSchemeResponsibleOrganization,
  Tag.Manufacturer,
  Tag.ManufacturerModelName,
  Tag.SoftwareVersions,
  Tag.IssuerOfPatientID,
  Tag.DeidentificationMethod,
  Tag.SpecificCharacterSet,
  Tag.ImplementationVersionName,
]);

/** Values that de-identifiers and phantoms put where a name was. */
const standIns =
  /^(?:anon\w*|de-?identified|removed|redacted|unknown|none|n\/?a|no ?name|not ?available|test|phantom|dummy|private|x+|-+|\*+|0+|\?+|19000101|00010101|99991231)$/i;

/** Whether a value is there and is nobody's. */
export function isStandIn(text: string): boolean {
  const words = text.split(/[\^=\\,\s]+/).filter((word) => word !== '');
  return words.every((word) => standIns.test(word));
}
