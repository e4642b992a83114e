import { SOPClassUID } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import type { HeadPhantom } from './head-phantom.ts';
import type { Section } from './head-phantom.ts';
import { instanceUID, item, littleEndianBytes, setAll, setPixels, startInstance } from './modules.ts';
import type { Attributes, Series, Study } from './modules.ts';
import { seededUID } from './random.ts';
import type { Grain } from './noise.ts';
import { Renderer } from './render.ts';
import type { RenderSettings } from './render.ts';
import { hounsfieldUnits, signalT1, signalT2 } from './tissue.ts';

/** A stack of parallel sections. */
export interface Stack {
  readonly side: number;
  readonly spacingMm: number;
  readonly lowestZ: number;
  readonly stepMm: number;
  readonly count: number;
}

export const ctStack: Stack = { side: 512, spacingMm: 250 / 512, lowestZ: -67.5, stepMm: 2.5, count: 60 };
export const mrStack: Stack = { side: 256, spacingMm: 0.9375, lowestZ: -60, stepMm: 5.5, count: 24 };

/** Stored values are Hounsfield units + 1024, so that air is not negative. */
const CT_RESCALE_INTERCEPT = -1024;
const CT_BITS_STORED = 12;
const MR_BITS_STORED = 12;

/** The section that shows the lesion best. */
export const lesionSliceNumber = 1 + Math.round((30 - ctStack.lowestZ) / ctStack.stepMm);

const sectionOf = (stack: Stack, number: number): Section => ({
  columns: stack.side,
  rows: stack.side,
  spacingMm: stack.spacingMm,
  z: stack.lowestZ + (number - 1) * stack.stepMm,
});

/** Makes the sections of one head in one kind of image. */
export class HeadImages {
  readonly #phantom: HeadPhantom;
  readonly #stack: Stack;
  readonly #renderer: Renderer;

  constructor(phantom: HeadPhantom, stack: Stack, settings: RenderSettings) {
    this.#phantom = phantom;
    this.#stack = stack;
    this.#renderer = new Renderer(stack.side, stack.side, settings);
  }

  /** Tissue at each pixel, rows x columns. @param number of the section, from 1 */
  tissues(number: number): Uint8Array {
    return this.#phantom.section(sectionOf(this.#stack, number));
  }

  /** Uint16, rows x columns. @param tissues of that section, where they are at hand already */
  pixels(number: number, tissues = this.tissues(number)): Uint16Array {
    return this.#renderer.render(tissues, number);
  }
}

export const ctImages = (phantom: HeadPhantom, grain: Grain): HeadImages =>
  new HeadImages(phantom, ctStack, {
    values: hounsfieldUnits,
    offset: -CT_RESCALE_INTERCEPT,
    max: 2 ** CT_BITS_STORED - 1,
    grain,
    noise: 4,
  });

export const mrImages = (phantom: HeadPhantom, grain: Grain, weighting: 'T1' | 'T2'): HeadImages =>
  new HeadImages(phantom, mrStack, {
    values: weighting === 'T1' ? signalT1 : signalT2,
    offset: 12,
    max: 2 ** MR_BITS_STORED - 1,
    grain,
    noise: 14,
  });

/** Frame of Reference (PS3.3 C.7.4.1), one for the study: T1 and T2, images and segments lie over each other. */
export const frameOfReference = ({ seed, uid }: Study): Attributes => ({
  FrameOfReferenceUID: seededUID(seed, `frame of reference ${uid}`),
  PositionReferenceIndicator: '',
});

/** Where the first pixel of a section is (PS3.3 C.7.6.2.1.1). */
export function positionOf(stack: Stack, number: number): readonly [x: number, y: number, z: number] {
  const corner = (-(stack.side - 1) / 2) * stack.spacingMm;
  return [corner, corner, sectionOf(stack, number).z];
}

/** Axial, seen from the feet. */
export const AXIAL_ORIENTATION = [1, 0, 0, 0, 1, 0] as const;

export const pixelMeasures = ({ spacingMm, stepMm }: Stack): Attributes => ({
  PixelSpacing: [spacingMm, spacingMm],
  SliceThickness: stepMm,
  SpacingBetweenSlices: stepMm,
});

/** Image Plane and Frame of Reference (PS3.3 C.7.6.2, C.7.4.1). */
function setPlane(dataSet: DataSet, of: Series, stack: Stack, number: number): void {
  setAll(dataSet, {
    ...frameOfReference(of.study),
    ...pixelMeasures(stack),
    ImagePositionPatient: positionOf(stack, number),
    ImageOrientationPatient: AXIAL_ORIENTATION,
    SliceLocation: sectionOf(stack, number).z,
    PatientPosition: 'HFS',
    AcquisitionNumber: 1,
    AcquisitionDate: of.study.date,
    AcquisitionTime: of.study.time,
  });
}

/** How other instances name a section of the CT (PS3.3 Table 10-11). */
export const ctReference = (ct: Series, number: number): DataSet =>
  item({
    ReferencedSOPClassUID: SOPClassUID.CTImageStorage,
    ReferencedSOPInstanceUID: instanceUID(ct, number),
  });

/** @param pixels of that section, as `ctImages` has them */
export function ctImage(of: Series, pixels: Uint16Array, number: number): DataSet {
  const dataSet = startInstance(of, SOPClassUID.CTImageStorage, number);
  setPlane(dataSet, of, ctStack, number);
  setAll(dataSet, {
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    RescaleIntercept: CT_RESCALE_INTERCEPT,
    RescaleSlope: 1,
    RescaleType: 'HU',
    WindowCenter: [40, 600],
    WindowWidth: [80, 2800],
    WindowCenterWidthExplanation: ['BRAIN', 'BONE'],
    KVP: 120,
    XRayTubeCurrent: 220,
    ExposureTime: 1000,
    ConvolutionKernel: 'DEMO',
    GantryDetectorTilt: 0,
    RotationDirection: 'CW',
    ReconstructionDiameter: ctStack.side * ctStack.spacingMm,
  });
  setPixels(dataSet, {
    rows: ctStack.side,
    columns: ctStack.side,
    bitsStored: CT_BITS_STORED,
    photometricInterpretation: 'MONOCHROME2',
    bytes: littleEndianBytes(pixels),
  });
  return dataSet;
}

export function mrImage(of: Series, images: HeadImages, number: number, weighting: 'T1' | 'T2'): DataSet {
  const dataSet = startInstance(of, SOPClassUID.MRImageStorage, number);
  setPlane(dataSet, of, mrStack, number);
  const isT1 = weighting === 'T1';
  setAll(dataSet, {
    ImageType: ['ORIGINAL', 'PRIMARY', 'OTHER'],
    ScanningSequence: 'SE',
    SequenceVariant: isT1 ? 'NONE' : 'SK',
    ScanOptions: '',
    MRAcquisitionType: '2D',
    SequenceName: `demo_${weighting.toLowerCase()}`,
    RepetitionTime: isT1 ? 500 : 4000,
    EchoTime: isT1 ? 12 : 100,
    EchoTrainLength: isT1 ? 1 : 12,
    MagneticFieldStrength: 1.5,
    ImagingFrequency: 63.87,
    ImagedNucleus: '1H',
    FlipAngle: 90,
    WindowCenter: 450,
    WindowWidth: 900,
  });
  setPixels(dataSet, {
    rows: mrStack.side,
    columns: mrStack.side,
    bitsStored: MR_BITS_STORED,
    photometricInterpretation: 'MONOCHROME2',
    bytes: littleEndianBytes(images.pixels(number)),
  });
  return dataSet;
}
