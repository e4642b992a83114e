import { Tag } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { describeFrames } from '../frame-description.ts';
import type { FrameDescription } from '../frame-description.ts';
import { ensure } from '../imaging-error.ts';
import { ITEMS_MAX, SHUTTER_VERTICES_MAX } from '../limits.ts';
import { readLut } from './lut.ts';
import type { Lut } from './lut.ts';
import { readOverlays } from './overlay.ts';
import type { OverlayPlane } from './overlay.ts';
import { readPalette } from './palette.ts';
import type { Palette } from './palette.ts';
import { isWindow } from './render-options.ts';
import type { VOILUTFunction, Window } from './render-options.ts';
import type { Shutter } from './shutter.ts';
import type { ModalityTransform } from './voi.ts';

/** What a data set says of how its frames are shown. A plain object: it travels to workers. */
export interface RenderInputs {
  readonly description: FrameDescription;
  /** One for each frame to be rendered. */
  readonly frames: readonly FrameRenderInputs[];
  readonly palette: Palette | undefined;
  readonly overlays: readonly OverlayPlane[];
  /** Milliseconds between frames of a cine loop. */
  readonly frameTimeMs: number | undefined;
}

export interface FrameRenderInputs {
  /** From 0. */
  readonly index: number;
  readonly modality: ModalityTransform;
  readonly windows: readonly Window[];
  readonly luts: readonly Lut[];
  /** Stored values, both ends included, that are no part of the image (PS3.3 C.7.5.1.1.2). */
  readonly padding: readonly [number, number] | undefined;
  /** Low values are shown bright. */
  readonly isInverse: boolean;
  readonly shutters: readonly Shutter[];
  /** Grey level of what a shutter covers, 0 to 255. */
  readonly shutterLevel: number;
  /** Height of a pixel over its width. */
  readonly pixelAspect: number;
}

/**
 * Gathers what rendering needs. The data set needs no pixels, but every other value that is read: LUTs and overlays
 * must not have been passed over.
 * @param indices of the frames, from 0
 * @throws ImagingError DESCRIPTION_INVALID, FRAME_TOO_LARGE, PIXELS_UNSUPPORTED
 */
export function renderInputs(
  dataSet: DataSet,
  transferSyntaxUID: string,
  indices: readonly number[] = [0],
): RenderInputs {
  const description = describeFrames(dataSet, transferSyntaxUID);
  for (const index of indices)
    ensure(index >= 0 && index < description.numberOfFrames, 'OPTION_INVALID', { option: 'frame' });
  const isPalette = description.photometricInterpretation === 'PALETTE COLOR';
  return {
    description,
    frames: indices.map((index) => frameInputs(dataSet, description, index)),
    palette: isPalette ? readPalette(dataSet) : undefined,
    overlays: readOverlays(dataSet, description),
    frameTimeMs: frameTime(dataSet),
  };
}

function frameInputs(dataSet: DataSet, description: FrameDescription, index: number): FrameRenderInputs {
  const { photometricInterpretation } = description;
  const modality = modalityTransform(dataSet, description, index);
  const display = functionalGroup(dataSet, index, Tag.FrameDisplayShutterSequence) ?? dataSet;
  const shape = dataSet.string(Tag.PresentationLUTShape);
  return {
    index,
    modality,
    windows: windowsOf(functionalGroup(dataSet, index, Tag.FrameVOILUTSequence) ?? dataSet),
    luts: voiLuts(dataSet, description, modality),
    padding: paddingOf(dataSet, description),
    isInverse: photometricInterpretation === 'MONOCHROME1' || shape === 'INVERSE',
    shutters: shuttersOf(display),
    shutterLevel: Math.round((display.number(Tag.ShutterPresentationValue) ?? 0) / 257) & 0xff,
    pixelAspect: pixelAspect(dataSet, index),
  };
}

/** The item of a functional group that holds for a frame: its own, else the shared one (PS3.3 C.7.6.16.1.1). */
function functionalGroup(dataSet: DataSet, index: number, tag: number): DataSet | undefined {
  const own = dataSet.items(Tag.PerFrameFunctionalGroupsSequence)[index]?.items(tag)[0];
  return own ?? dataSet.items(Tag.SharedFunctionalGroupsSequence)[0]?.items(tag)[0];
}

function modalityTransform(
  dataSet: DataSet,
  description: FrameDescription,
  index: number,
): ModalityTransform {
  const isSigned = description.pixelRepresentation === 1;
  const sequence = dataSet.items(Tag.ModalityLUTSequence)[0];
  const lut = sequence && readLut(sequence, Tag.LUTDescriptor, Tag.LUTData, isSigned);
  if (lut !== undefined) return { kind: 'lut', lut };
  const source = functionalGroup(dataSet, index, Tag.PixelValueTransformationSequence) ?? dataSet;
  const slope = source.number(Tag.RescaleSlope);
  const intercept = source.number(Tag.RescaleIntercept);
  // A slope of 0 would make all pixels one: some writers mean nothing by it.
  return {
    kind: 'linear',
    slope: slope === undefined || slope === 0 || !Number.isFinite(slope) ? 1 : slope,
    intercept: intercept === undefined || !Number.isFinite(intercept) ? 0 : intercept,
  };
}

function windowsOf(source: DataSet): Window[] {
  const centers = source.numbers(Tag.WindowCenter).slice(0, ITEMS_MAX);
  const widths = source.numbers(Tag.WindowWidth);
  const name = source.string(Tag.VOILUTFunction);
  const shape: VOILUTFunction = name === 'SIGMOID' || name === 'LINEAR_EXACT' ? name : 'LINEAR';
  return centers
    .map((center, index) => ({ center, width: widths[index] ?? NaN, function: shape }))
    .filter(isWindow);
}

/** Inputs of VOI LUTs are signed when the modality's output is, which it is when it can be negative. */
function voiLuts(dataSet: DataSet, description: FrameDescription, modality: ModalityTransform): Lut[] {
  const { bitsStored, pixelRepresentation } = description;
  const lowest = pixelRepresentation === 1 ? -(2 ** (bitsStored - 1)) : 0;
  const isSigned = modality.kind === 'linear' && lowest * modality.slope + modality.intercept < 0;
  return dataSet
    .items(Tag.VOILUTSequence)
    .slice(0, ITEMS_MAX)
    .map((item) => readLut(item, Tag.LUTDescriptor, Tag.LUTData, isSigned))
    .filter((lut) => lut !== undefined);
}

function paddingOf(
  dataSet: DataSet,
  { pixelRepresentation, bitsAllocated }: FrameDescription,
): readonly [number, number] | undefined {
  const [value, limit] = [Tag.PixelPaddingValue, Tag.PixelPaddingRangeLimit].map((tag) => {
    const number = dataSet.number(tag);
    // US and SS are mixed up in the field; pixel representation says which was meant.
    if (number === undefined || bitsAllocated > 16) return number;
    if (pixelRepresentation === 1) return number > 0x7fff ? number - 0x10000 : number;
    return number < 0 ? number + 0x10000 : number;
  });
  if (value === undefined) return undefined;
  const end = limit ?? value;
  return [Math.min(value, end), Math.max(value, end)];
}

/** Display shutters (PS3.3 C.7.6.11): rows and columns count from 1. */
function shuttersOf(source: DataSet): Shutter[] {
  const shutters: Shutter[] = [];
  for (const shape of source.strings(Tag.ShutterShape).slice(0, 3)) {
    if (shape === 'RECTANGULAR') {
      const [left, right, upper, lower] = [
        source.number(Tag.ShutterLeftVerticalEdge),
        source.number(Tag.ShutterRightVerticalEdge),
        source.number(Tag.ShutterUpperHorizontalEdge),
        source.number(Tag.ShutterLowerHorizontalEdge),
      ];
      if (left === undefined || right === undefined || upper === undefined || lower === undefined) continue;
      shutters.push({ shape, left, right, upper, lower });
    } else if (shape === 'CIRCULAR') {
      const [row, column] = source.numbers(Tag.CenterOfCircularShutter);
      const radius = source.number(Tag.RadiusOfCircularShutter);
      if (row === undefined || column === undefined || radius === undefined) continue;
      shutters.push({ shape, row, column, radius });
    } else if (shape === 'POLYGONAL') {
      const vertices = source.numbers(Tag.VerticesOfThePolygonalShutter).slice(0, SHUTTER_VERTICES_MAX * 2);
      if (vertices.length >= 6 && !vertices.some(Number.isNaN)) shutters.push({ shape, vertices });
    }
  }
  return shutters;
}

/** From the ratio itself, else from spacings, the nearest to the patient first (PS3.3 C.7.6.3.1.7). */
function pixelAspect(dataSet: DataSet, index: number): number {
  const measures = functionalGroup(dataSet, index, Tag.PixelMeasuresSequence);
  const spacing = [
    measures?.numbers(Tag.PixelSpacing),
    dataSet.numbers(Tag.PixelSpacing),
    dataSet.numbers(Tag.ImagerPixelSpacing),
    dataSet.numbers(Tag.NominalScannedPixelSpacing),
    dataSet.numbers(Tag.PixelAspectRatio),
  ].find((numbers) => numbers !== undefined && numbers.length >= 2);
  const [vertical = 1, horizontal = 1] = spacing ?? [];
  const aspect = vertical / horizontal;
  return Number.isFinite(aspect) && aspect > 0 ? aspect : 1;
}

function frameTime(dataSet: DataSet): number | undefined {
  const time = dataSet.number(Tag.FrameTime) ?? dataSet.numbers(Tag.FrameTimeVector)[1];
  if (time !== undefined && time > 0) return time;
  const rate = dataSet.number(Tag.RecommendedDisplayFrameRate) ?? dataSet.number(Tag.CineRate);
  return rate !== undefined && rate > 0 ? 1000 / rate : undefined;
}
