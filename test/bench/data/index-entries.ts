import { SOPClassUID, Tag, TransferSyntaxUID } from '@leadglass/dicom';
import {
  extractAttributes,
  type IndexEntry,
  type InstanceAttributes,
} from '../../../packages/server/src/archive/index/index.ts';
import { blankStudy, mixed, studyFacts } from './studies.ts';
import { instanceUID, seriesUID, studyUID } from './uids.ts';

/** Different sets of descriptions, times and physicians; a study has one of them. */
const VARIANTS = 4096;
/** What the packs need for a CT: its record and four chunks. */
const LOCATION_BYTES = 8 + 5 * 16;
const RECEIVED_AT_MS = Date.UTC(2026, 0, 1);
/** Stands for the patient's name where the index keeps it among other texts. */
const NAME = 'NAME^OF^NOBODY';
const DESCRIPTIONS = [
  'Thorax',
  'Abdomen with contrast',
  'Head without contrast',
  'Knee left',
  'Whole spine',
  'Pelvis',
];

/** Makes entries for the index as C-STORE would, quickly: attributes are extracted once for each variant. */
export class EntryMaker {
  readonly #variants: InstanceAttributes[];

  constructor() {
    this.#variants = Array.from({ length: VARIANTS }, (_, at) => variant(at));
  }

  /** One series; every other study has two instances. */
  study(n: number): IndexEntry[] {
    const instances = 1 + (n % 2);
    return Array.from({ length: instances }, (_, instance) => this.#entry(n, instance));
  }

  #entry(n: number, instance: number): IndexEntry {
    const place = { run: 1, association: 0, study: n, instance };
    const facts = studyFacts(n);
    const base = this.#variants[mixed(n, 12) % VARIANTS] as InstanceAttributes;
    const location = new Uint8Array(LOCATION_BYTES).fill(mixed(n, 13) & 0xff);
    return {
      attributes: {
        ...base,
        patientID: facts.patientID,
        patientName: facts.patientName,
        patientBirthDate: facts.patientBirthDate,
        studyInstanceUID: studyUID(place),
        studyDate: facts.studyDate,
        accessionNumber: facts.accessionNumber,
        studyID: facts.studyID,
        seriesInstanceUID: seriesUID(place),
        modality: facts.modality,
        sopInstanceUID: instanceUID(place),
        sopClassUID: SOPClassUID.CTImageStorage,
        packed: { ...base.packed, PATIENT: base.packed.PATIENT.replace(NAME, facts.patientName) },
      },
      transferSyntaxUID: TransferSyntaxUID.ExplicitVRLittleEndian,
      dataSetLength: 525_000,
      receivedAt: RECEIVED_AT_MS + n,
      sourceAETitle: `MODALITY${n % 20}`,
      location,
      keySlot: n,
    };
  }
}

function variant(at: number): InstanceAttributes {
  const dataSet = blankStudy();
  const facts = studyFacts(at);
  const description = DESCRIPTIONS[at % DESCRIPTIONS.length] ?? '';
  dataSet.set(Tag.PatientName, NAME);
  dataSet.set(Tag.StudyTime, facts.studyTime);
  dataSet.set(Tag.StudyDescription, `${description} ${mixed(at, 14) % 100}`);
  dataSet.set(Tag.SeriesDescription, `${description} 1 mm`);
  dataSet.set(Tag.ReferringPhysicianName, facts.patientName);
  dataSet.set(Tag.BodyPartExamined, description.split(' ')[0]?.toUpperCase() ?? '');
  dataSet.set(Tag.PatientSex, at % 2 === 0 ? 'F' : 'M');
  return extractAttributes(dataSet);
}
