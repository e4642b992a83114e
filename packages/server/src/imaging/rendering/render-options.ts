import { ensure } from '../imaging-error.ts';
import { RENDERED_EXTENT_MAX, RENDERED_PIXELS_MAX } from '../limits.ts';

export type RenderedMediaType = 'image/jpeg' | 'image/png' | 'image/gif';

/** How values of interest become grey levels (PS3.3 C.11.2.1.2, C.11.2.1.3). */
export type VOILUTFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

export interface Window {
  readonly center: number;
  readonly width: number;
  readonly function: VOILUTFunction;
}

/** Size of the rendered image, and the part of the frame shown in it (PS3.18 8.3.5.1.3). */
export interface Viewport {
  readonly columns: number;
  readonly rows: number;
  /** Left column and upper row of the part, from 0; may be fractions. */
  readonly sourceX?: number;
  readonly sourceY?: number;
  /** Negative ones flip the part left to right, or upside down. */
  readonly sourceColumns?: number;
  readonly sourceRows?: number;
}

export interface RenderOptions {
  /** JPEG if absent. GIF alone takes several frames. */
  readonly mediaType?: RenderedMediaType;
  /** Of JPEG, 1 to 100 (PS3.18 8.3.5.1.2). */
  readonly quality?: number;
  /** In place of the data set's own. */
  readonly window?: Window;
  /** Which of the data set's windows, then of its VOI LUTs, from 0; the first if absent. */
  readonly windowIndex?: number;
  readonly viewport?: Viewport;
  /** Overlay planes are drawn unless false. */
  readonly overlays?: boolean;
  /** Display shutters are applied unless false. */
  readonly shutters?: boolean;
  /** Pixels that are not square are made so unless false. */
  readonly squarePixels?: boolean;
}

export const QUALITY_DEFAULT = 90;

/**
 * Checks options that come from elsewhere.
 * @throws ImagingError OPTION_INVALID
 */
export function checkRenderOptions(options: RenderOptions): void {
  const { quality, window, windowIndex, viewport } = options;
  const qualityFits = quality === undefined || (Number.isInteger(quality) && quality >= 1 && quality <= 100);
  ensure(qualityFits, 'OPTION_INVALID', { option: 'quality' });
  if (window !== undefined) ensure(isWindow(window), 'OPTION_INVALID', { option: 'window' });
  const indexFits = windowIndex === undefined || (Number.isInteger(windowIndex) && windowIndex >= 0);
  ensure(indexFits, 'OPTION_INVALID', { option: 'windowIndex' });
  if (viewport !== undefined) ensure(isViewport(viewport), 'OPTION_INVALID', { option: 'viewport' });
}

/** Widths: at least 1 for LINEAR, above 0 for the others (PS3.3 C.11.2.1.2.1, C.11.2.1.3). */
export function isWindow({ center, width, function: shape }: Window): boolean {
  return Number.isFinite(center) && Number.isFinite(width) && (shape === 'LINEAR' ? width >= 1 : width > 0);
}

function isViewport({ columns, rows, sourceX, sourceY, sourceColumns, sourceRows }: Viewport): boolean {
  const isExtent = (value: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= RENDERED_EXTENT_MAX;
  return (
    isExtent(columns) &&
    isExtent(rows) &&
    columns * rows <= RENDERED_PIXELS_MAX &&
    [sourceX, sourceY].every((value) => value === undefined || (Number.isFinite(value) && value >= 0)) &&
    [sourceColumns, sourceRows].every(
      (value) => value === undefined || (Number.isFinite(value) && value !== 0),
    )
  );
}
