import { Tag, transferSyntax, TransferSyntaxUID, writeDataSet } from '@leadglass/dicom';
import type { DataSet, TransferSyntax } from '@leadglass/dicom';
import { ctReport, pdfDocument } from './documents.ts';
import { ctImage, ctImages, ctStack, lesionSliceNumber, mrImage, mrImages, mrStack } from './head-images.ts';
import { LesionSegmentation } from './lesion-segmentation.ts';
import { ctMeasurement } from './measurement-report.ts';
import { ChestPhantom } from './chest-phantom.ts';
import { HeadPhantom } from './head-phantom.ts';
import { ultrasoundCine } from './ultrasound-phantom.ts';
import { series, study } from './modules.ts';
import { Grain } from './noise.ts';
import { dxImage, secondaryCapture, usCine } from './other-images.ts';
import { peopleCount, person } from './people.ts';
import type { Person } from './people.ts';

/** One instance, ready to be stored: its data set encoded, without File Meta Information. */
export interface DemoInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly dataSet: Uint8Array;
}

export interface DemoOptions {
  /** What is different from 0 gives other UIDs, noise and folds; the same seed gives the same bytes. */
  readonly seed?: number;
  /** As many as there are scripts if absent. */
  readonly patients?: number;
}

const explicitLittleEndian = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian) as TransferSyntax;

export function encoded(dataSet: DataSet): DemoInstance {
  return {
    sopClassUID: dataSet.string(Tag.SOPClassUID) ?? '',
    sopInstanceUID: dataSet.string(Tag.SOPInstanceUID) ?? '',
    studyInstanceUID: dataSet.string(Tag.StudyInstanceUID) ?? '',
    transferSyntaxUID: explicitLittleEndian.uid,
    dataSet: writeDataSet(dataSet, explicitLittleEndian),
  };
}

/** What a patient's studies are made with. */
interface Studio {
  readonly seed: number;
  readonly grain: Grain;
  readonly phantom: HeadPhantom;
  readonly chest: ChestPhantom;
  readonly person: Person;
  /** From 0: days apart. */
  readonly index: number;
}

type Examination = (studio: Studio) => Generator<DataSet>;

/** Who is examined how; beyond the list it begins again. The first patient has the CT with its reports and a segmentation. */
const examinations: readonly (readonly Examination[])[] = [
  [ctOfTheHead],
  [radiographOfTheChest],
  [mrOfTheHead],
  [echocardiogram],
  [radiographOfTheChest],
  [mrOfTheHead],
  [echocardiogram],
  [radiographOfTheChest],
];

/**
 * Synthetic patients, one instance at a time, in Explicit VR Little Endian. Nobody they could be mistaken for exists:
 * family name Demo in several scripts, PatientID DEMO-0001 and on.
 */
export function* demoInstances(options: DemoOptions = {}): Generator<DemoInstance> {
  const { seed = 0, patients = peopleCount } = options;
  const shared = {
    seed,
    grain: new Grain(seed),
    phantom: new HeadPhantom(seed),
    chest: new ChestPhantom(seed),
  };
  for (let index = 0; index < patients; index++) {
    const studio = { ...shared, person: person(index), index };
    for (const examination of examinations[index % examinations.length] ?? []) {
      for (const dataSet of examination(studio)) yield encoded(dataSet);
    }
  }
}

function* ctOfTheHead({ seed, grain, phantom, person, index }: Studio): Generator<DataSet> {
  const exam = study(seed, person, 1, 'CT head without contrast', index);
  const ct = series(exam, 1, 'CT', 'Head 2.5 mm', 'HEAD');
  const images = ctImages(phantom, grain);
  const lesion = new LesionSegmentation();
  for (let number = 1; number <= ctStack.count; number++) {
    const tissues = images.tissues(number);
    lesion.add(number, tissues);
    yield ctImage(ct, images.pixels(number, tissues), number);
  }
  yield secondaryCapture(series(exam, 2, 'OT', 'Key image', 'HEAD'), 1, images.pixels(lesionSliceNumber));
  yield ctReport(series(exam, 3, 'SR', 'Report', 'HEAD'), 1, ct, lesionSliceNumber);
  yield pdfDocument(series(exam, 4, 'DOC', 'Report as PDF', 'HEAD'), 1);
  yield ctMeasurement(
    series(exam, 5, 'SR', 'Measurement', 'HEAD'),
    1,
    ct,
    lesion.longestIn(lesionSliceNumber),
  );
  yield lesion.instance(series(exam, 6, 'SEG', 'Lesion', 'HEAD'), 1, ct);
}

function* radiographOfTheChest({ seed, grain, chest, person, index }: Studio): Generator<DataSet> {
  const exam = study(seed, person, 1, 'Chest PA', index);
  yield dxImage(series(exam, 1, 'DX', 'PA', 'CHEST'), 1, chest.radiograph(index, grain));
}

function* mrOfTheHead({ seed, grain, phantom, person, index }: Studio): Generator<DataSet> {
  const exam = study(seed, person, 1, 'MR brain', index);
  for (const [position, weighting] of (['T1', 'T2'] as const).entries()) {
    const mr = series(exam, position + 1, 'MR', `${weighting} axial`, 'BRAIN');
    const images = mrImages(phantom, grain, weighting);
    for (let number = 1; number <= mrStack.count; number++) yield mrImage(mr, images, number, weighting);
  }
}

function* echocardiogram({ seed, person, index }: Studio): Generator<DataSet> {
  const exam = study(seed, person, 1, 'Echocardiogram', index);
  yield usCine(series(exam, 1, 'US', 'Apical four chamber', 'HEART'), 1, ultrasoundCine(seed + index));
}
