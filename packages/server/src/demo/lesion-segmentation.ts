import { SOPClassUID, Tag } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import {
  AXIAL_ORIENTATION,
  ctReference,
  ctStack,
  frameOfReference,
  pixelMeasures,
  positionOf,
} from './head-images.ts';
import type { Line } from './measurement-report.ts';
import { code, item, setAll, startInstance } from './modules.ts';
import type { Attributes, Series } from './modules.ts';
import { seededUID } from './random.ts';
import { Tissue } from './tissue.ts';

const abnormal = (): DataSet => code('49755003', 'SCT', 'Morphologically Abnormal Structure');

/** What is outlined, from segment number 1 on. Colours are CIELab as PS3.3 C.10.7.1.1 encodes it. */
const segments = [
  {
    tissue: Tissue.haemorrhage,
    label: 'Haemorrhage',
    type: (): DataSet => code('50960005', 'SCT', 'Hemorrhage'),
    colour: [35_000, 49_000, 44_000],
  },
  {
    tissue: Tissue.oedema,
    label: 'Oedema',
    type: (): DataSet => code('79654002', 'SCT', 'Edema'),
    colour: [52_000, 32_000, 50_000],
  },
] as const;

interface SegmentFrame {
  /** From 1. */
  readonly segment: number;
  /** Number of the CT section, from 1. */
  readonly section: number;
  /** One bit a pixel. */
  readonly bits: Uint8Array;
}

/** The lesion of the CT, outlined section by section: the phantom knows where it is. */
export class LesionSegmentation {
  readonly #frames: SegmentFrame[] = [];

  /** Sections in their order. @param tissues at each pixel of the section, rows x columns */
  add(section: number, tissues: Uint8Array): void {
    for (const [index, { tissue }] of segments.entries()) {
      if (tissues.includes(tissue))
        this.#frames.push({ segment: index + 1, section, bits: bitsOf(tissues, tissue) });
    }
  }

  /** The longest line across the haemorrhage in a section. */
  longestIn(section: number): Line & { readonly section: number } {
    const frame = this.#frames.find((each) => each.segment === 1 && each.section === section);
    if (frame === undefined) throw new RangeError('there is no haemorrhage in that section');
    return { section, ...longestLine(rowEnds(frame.bits)) };
  }

  /** Segmentation (PS3.3 A.51), BINARY: frames only where there is something of a segment. */
  instance(of: Series, number: number, ct: Series): DataSet {
    // By segment, then by position, as the dimensions say.
    const frames = this.#frames.toSorted((a, b) => a.segment - b.segment || a.section - b.section);
    const sections = [...new Set(frames.map(({ section }) => section))].sort((a, b) => a - b);
    const dataSet = setAll(startInstance(of, SOPClassUID.SegmentationStorage, number), {
      ...frameOfReference(of.study),
      ...segmentationImage,
      NumberOfFrames: frames.length,
      SegmentSequence: segments.map((segment, index) => segmentItem(segment, index + 1)),
      ...dimensions(seededUID(of.study.seed, `dimensions ${of.uid}`)),
      SharedFunctionalGroupsSequence: [
        item({
          PixelMeasuresSequence: [item(pixelMeasures(ctStack))],
          PlaneOrientationSequence: [item({ ImageOrientationPatient: AXIAL_ORIENTATION })],
        }),
      ],
      PerFrameFunctionalGroupsSequence: frames.map((frame) => frameItem(frame, ct, sections)),
      ReferencedSeriesSequence: [
        item({
          SeriesInstanceUID: ct.uid,
          ReferencedInstanceSequence: sections.map((section) => ctReference(ct, section)),
        }),
      ],
    });
    dataSet.set(Tag.PixelData, joined(frames), 'OB');
    return dataSet;
  }
}

/** General Image, Image Pixel and Segmentation Image (PS3.3 C.7.6.1, C.7.6.3, C.8.20.2). */
const segmentationImage = {
  ImageType: ['DERIVED', 'PRIMARY'],
  ContentLabel: 'LESION',
  ContentDescription: 'Haemorrhage and its oedema, as drawn',
  ContentCreatorName: 'Demo^Phantom',
  LossyImageCompression: '00',
  SegmentationType: 'BINARY',
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  Rows: ctStack.side,
  Columns: ctStack.side,
  BitsAllocated: 1,
  BitsStored: 1,
  HighBit: 0,
  PixelRepresentation: 0,
} as const;

const segmentItem = ({ label, type, colour }: (typeof segments)[number], number: number): DataSet =>
  item({
    SegmentNumber: number,
    SegmentLabel: label,
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: 'Demo phantom',
    SegmentedPropertyCategoryCodeSequence: [abnormal()],
    SegmentedPropertyTypeCodeSequence: [type()],
    RecommendedDisplayCIELabValue: colour,
  });

/** Multi-frame Dimension (PS3.3 C.7.6.17): frames are told apart by segment and position. */
function dimensions(organizationUID: string): Attributes {
  const index = (pointer: number, group: number, label: string): DataSet =>
    item({
      DimensionOrganizationUID: organizationUID,
      DimensionIndexPointer: pointer,
      FunctionalGroupPointer: group,
      DimensionDescriptionLabel: label,
    });
  return {
    DimensionOrganizationSequence: [item({ DimensionOrganizationUID: organizationUID })],
    DimensionIndexSequence: [
      index(Tag.ReferencedSegmentNumber, Tag.SegmentIdentificationSequence, 'Segment'),
      index(Tag.ImagePositionPatient, Tag.PlanePositionSequence, 'Position'),
    ],
  };
}

/** Functional groups of one frame (PS3.3 Table A.51-2). */
function frameItem({ segment, section }: SegmentFrame, ct: Series, sections: readonly number[]): DataSet {
  const source = setAll(ctReference(ct, section), {
    PurposeOfReferenceCodeSequence: [code('121322', 'DCM', 'Source image for image processing operation')],
  });
  const derivation = item({
    SourceImageSequence: [source],
    DerivationCodeSequence: [code('113076', 'DCM', 'Segmentation')],
  });
  return item({
    DerivationImageSequence: [derivation],
    FrameContentSequence: [item({ DimensionIndexValues: [segment, sections.indexOf(section) + 1] })],
    PlanePositionSequence: [item({ ImagePositionPatient: positionOf(ctStack, section) })],
    SegmentIdentificationSequence: [item({ ReferencedSegmentNumber: segment })],
  });
}

/** The first pixel is the lowest bit of the first byte (PS3.5 8.1.1). */
function bitsOf(tissues: Uint8Array, wanted: Tissue): Uint8Array {
  const bits = new Uint8Array(tissues.length / 8);
  for (const [index, tissue] of tissues.entries()) {
    if (tissue === wanted) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
}

/** Frames follow each other without a gap; they end at a byte here, for a side is a multiple of 8. */
function joined(frames: readonly SegmentFrame[]): Uint8Array {
  const frameBytes = (ctStack.side * ctStack.side) / 8;
  const pixels = new Uint8Array(frames.length * frameBytes);
  for (const [index, { bits }] of frames.entries()) pixels.set(bits, index * frameBytes);
  return pixels;
}

type Point = readonly [column: number, row: number];

/** The first and the last pixel of the segment in each row: a longest line ends at two of them. */
function rowEnds(bits: Uint8Array): Point[] {
  const { side } = ctStack;
  const isSet = (index: number): boolean => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  const ends: Point[] = [];
  for (let row = 0; row < side; row++) {
    let [first, last] = [-1, -1];
    for (let column = 0; column < side; column++) {
      if (!isSet(row * side + column)) continue;
      if (first < 0) first = column;
      last = column;
    }
    if (first >= 0) ends.push([first, row], [last, row]);
  }
  return ends;
}

function longestLine(points: readonly Point[]): Line {
  let longest: Line = { from: [0, 0], to: [0, 0], lengthMm: 0 };
  for (const from of points) {
    for (const to of points) {
      const lengthMm = Math.hypot(to[0] - from[0], to[1] - from[1]) * ctStack.spacingMm;
      if (lengthMm > longest.lengthMm) longest = { from, to, lengthMm };
    }
  }
  return longest;
}
