import { SOPClassUID, Tag } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { CHEST_PIXEL_SPACING_MM, CHEST_SIDE } from './chest-phantom.ts';
import { ctStack } from './head-images.ts';
import { code, item, littleEndianBytes, setAll, setPixels, startInstance } from './modules.ts';
import type { Series } from './modules.ts';
import {
  CINE_COLUMNS,
  CINE_FRAME_TIME_MS,
  CINE_FRAMES,
  CINE_ROWS,
  SECTOR,
  SECTOR_DEPTH_CM,
} from './ultrasound-phantom.ts';

/** Digital X-Ray Image For Presentation (PS3.3 A.26). */
export function dxImage(of: Series, number: number, radiograph: Uint16Array): DataSet {
  const dataSet = startInstance(of, SOPClassUID.DigitalXRayImageStorageForPresentation, number);
  setAll(dataSet, {
    ImageType: ['ORIGINAL', 'PRIMARY'],
    PresentationIntentType: 'FOR PRESENTATION',
    AcquisitionDate: of.study.date,
    AcquisitionTime: of.study.time,
    AnatomicRegionSequence: [code('43799004', 'SCT', 'Thorax')],
    ImageLaterality: 'U',
    ViewPosition: 'PA',
    PatientOrientation: ['L', 'F'],
    ImagerPixelSpacing: [CHEST_PIXEL_SPACING_MM, CHEST_PIXEL_SPACING_MM],
    DetectorType: 'DIRECT',
    KVP: 125,
    ExposureInuAs: 2400,
    DistanceSourceToDetector: 1800,
    PositionerType: 'NONE',
    PixelIntensityRelationship: 'LOG',
    PixelIntensityRelationshipSign: -1,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: 'US',
    WindowCenter: 1900,
    WindowWidth: 3600,
    LossyImageCompression: '00',
    PresentationLUTShape: 'IDENTITY',
    AcquisitionContextSequence: [],
  });
  setPixels(dataSet, {
    rows: CHEST_SIDE,
    columns: CHEST_SIDE,
    bitsStored: 12,
    photometricInterpretation: 'MONOCHROME2',
    bytes: littleEndianBytes(radiograph),
  });
  return dataSet;
}

/** Ultrasound Multi-frame Image (PS3.3 A.7) with the calibration of its sector (C.8.5.5). */
export function usCine(of: Series, number: number, cine: Uint8Array): DataSet {
  const dataSet = startInstance(of, SOPClassUID.UltrasoundMultiFrameImageStorage, number);
  const halfWidth = Math.round(Math.sin(SECTOR.halfAngle) * SECTOR.depth);
  const centimetre = 3;
  const cmPerPixel = SECTOR_DEPTH_CM / SECTOR.depth;
  setAll(dataSet, {
    ImageType: ['ORIGINAL', 'PRIMARY', 'CARDIAC', '0001'],
    NumberOfFrames: CINE_FRAMES,
    FrameTime: CINE_FRAME_TIME_MS,
    FrameIncrementPointer: [Tag.FrameTime],
    CineRate: Math.round(1000 / CINE_FRAME_TIME_MS),
    RecommendedDisplayFrameRate: Math.round(1000 / CINE_FRAME_TIME_MS),
    StartTrim: 1,
    StopTrim: CINE_FRAMES,
    HeartRate: 61,
    LossyImageCompression: '00',
    UltrasoundColorDataPresent: 1,
    SequenceOfUltrasoundRegions: [
      item({
        RegionSpatialFormat: 1, // 2D
        RegionDataType: 1, // tissue
        RegionFlags: 2, // transparent colour may lie over it
        RegionLocationMinX0: SECTOR.apexX - halfWidth,
        RegionLocationMinY0: SECTOR.apexY,
        RegionLocationMaxX1: SECTOR.apexX + halfWidth,
        RegionLocationMaxY1: SECTOR.apexY + SECTOR.depth,
        ReferencePixelX0: halfWidth,
        ReferencePixelY0: 0,
        ReferencePixelPhysicalValueX: 0,
        ReferencePixelPhysicalValueY: 0,
        PhysicalUnitsXDirection: centimetre,
        PhysicalUnitsYDirection: centimetre,
        PhysicalDeltaX: cmPerPixel,
        PhysicalDeltaY: cmPerPixel,
      }),
    ],
  });
  setPixels(dataSet, {
    rows: CINE_ROWS,
    columns: CINE_COLUMNS,
    bitsStored: 8,
    photometricInterpretation: 'RGB',
    bytes: cine,
  });
  return dataSet;
}

/** Centre and radius of the circle about the lesion, in pixels of the CT. */
const LESION = { x: 327, y: 286, radius: 46 };
/** Brain window, of values as stored. */
const WINDOW = { from: 1024, width: 80 };

/** A picture of a CT section with the lesion circled, as somebody at a workstation would save it (PS3.3 A.8). */
export function secondaryCapture(of: Series, number: number, ct: Uint16Array): DataSet {
  const dataSet = startInstance(of, SOPClassUID.SecondaryCaptureImageStorage, number);
  setAll(dataSet, {
    ConversionType: 'WSD',
    ImageType: ['DERIVED', 'SECONDARY'],
    DateOfSecondaryCapture: of.study.date,
    TimeOfSecondaryCapture: of.study.time,
    SecondaryCaptureDeviceManufacturer: 'Leadglass',
    PatientOrientation: ['L', 'P'],
    LossyImageCompression: '00',
  });
  const { side } = ctStack;
  const bytes = new Uint8Array(side * side * 3);
  for (const [at, value] of ct.entries()) {
    const grey = Math.min(255, Math.max(0, ((value - WINDOW.from) / WINDOW.width) * 255));
    const distance = Math.hypot((at % side) - LESION.x, Math.floor(at / side) - LESION.y);
    const isCircle = Math.abs(distance - LESION.radius) < 1.2;
    bytes.set(isCircle ? [255, 210, 40] : [grey, grey, grey], at * 3);
  }
  setPixels(dataSet, { rows: side, columns: side, bitsStored: 8, photometricInterpretation: 'RGB', bytes });
  return dataSet;
}
