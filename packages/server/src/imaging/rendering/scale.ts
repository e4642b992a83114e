import { RENDERED_EXTENT_MAX, RENDERED_PIXELS_MAX } from '../limits.ts';
import { ensure } from '../imaging-error.ts';
import type { RenderedImage } from './image.ts';
import type { Viewport } from './render-options.ts';

/** For each pixel of the result: the first source pixel it is made of, and the weights of it and those behind it. */
interface Mix {
  readonly first: Int32Array;
  readonly weights: readonly Float32Array[];
}

/** The part of an image to show and the size to show it in. Source extents are fractions of pixels. */
interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  readonly flipsColumns: boolean;
  readonly flipsRows: boolean;
}

/**
 * Crops and scales an image to a viewport (PS3.18 8.3.5.1.3). Proportions are kept: what is shown is as large as fits.
 * Without a viewport only pixels that are not square are made so.
 * @param pixelAspect height of a source pixel over its width
 * @throws ImagingError OPTION_INVALID, FRAME_TOO_LARGE
 */
export function placeImage(
  image: RenderedImage,
  pixelAspect: number,
  viewport: Viewport | undefined,
): RenderedImage {
  const placement =
    viewport === undefined ? squared(image, pixelAspect) : fitted(image, pixelAspect, viewport);
  const { columns, rows } = placement;
  const fits =
    columns <= RENDERED_EXTENT_MAX && rows <= RENDERED_EXTENT_MAX && columns * rows <= RENDERED_PIXELS_MAX;
  ensure(fits, 'FRAME_TOO_LARGE', { columns, rows });
  const isWhole = placement.width === image.columns && placement.height === image.rows;
  const isSame = isWhole && columns === image.columns && rows === image.rows;
  if (isSame && !placement.flipsColumns && !placement.flipsRows) return image;
  return resampled(image, placement);
}

/** The shorter side of its pixels is stretched: nothing is lost. */
function squared(image: RenderedImage, pixelAspect: number): Placement {
  return {
    ...{ x: 0, y: 0, width: image.columns, height: image.rows, flipsColumns: false, flipsRows: false },
    columns: pixelAspect < 1 ? Math.max(1, Math.round(image.columns / pixelAspect)) : image.columns,
    rows: pixelAspect > 1 ? Math.max(1, Math.round(image.rows * pixelAspect)) : image.rows,
  };
}

function fitted(image: RenderedImage, pixelAspect: number, viewport: Viewport): Placement {
  const { sourceX: x = 0, sourceY: y = 0 } = viewport;
  const { sourceColumns = image.columns - x, sourceRows = image.rows - y } = viewport;
  const [width, height] = [Math.abs(sourceColumns), Math.abs(sourceRows)];
  const isInside = width > 0 && height > 0 && x + width <= image.columns && y + height <= image.rows;
  ensure(isInside, 'OPTION_INVALID', { option: 'viewport' });
  const scale = Math.min(viewport.columns / width, viewport.rows / (height * pixelAspect));
  return {
    ...{ x, y, width, height, flipsColumns: sourceColumns < 0, flipsRows: sourceRows < 0 },
    columns: Math.min(viewport.columns, Math.max(1, Math.round(width * scale))),
    rows: Math.min(viewport.rows, Math.max(1, Math.round(height * pixelAspect * scale))),
  };
}

/** Columns first, then rows, each with weights made once. */
function resampled(image: RenderedImage, placement: Placement): RenderedImage {
  const { channels, data } = image;
  const { columns, rows } = placement;
  const across = mixOf(placement.x, placement.width, columns, image.columns, placement.flipsColumns);
  const down = mixOf(placement.y, placement.height, rows, image.rows, placement.flipsRows);
  const lines = new Map<number, Float32Array>();
  const line = (row: number): Float32Array => {
    const known = lines.get(row);
    if (known !== undefined) return known;
    const made = mixLine(data, row * image.columns * channels, channels, across, columns);
    lines.set(row, made);
    return made;
  };
  const result = new Uint8Array(columns * rows * channels);
  const sum = new Float32Array(columns * channels);
  for (let row = 0; row < rows; row++) {
    const first = down.first[row] as number;
    const weights = down.weights[row] as Float32Array;
    for (const known of lines.keys())
      if (known < first || known >= first + weights.length) lines.delete(known);
    sum.fill(0.5);
    for (const [offset, weight] of weights.entries()) {
      const mixed = line(first + offset);
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + weight * (mixed[at] as number);
    }
    for (let at = 0; at < sum.length; at++) result[row * sum.length + at] = Math.min(255, sum[at] as number);
  }
  return { rows, columns, channels, data: result };
}

function mixLine(
  data: Uint8Array,
  start: number,
  channels: number,
  across: Mix,
  columns: number,
): Float32Array {
  const mixed = new Float32Array(columns * channels);
  for (let column = 0; column < columns; column++) {
    const first = start + (across.first[column] as number) * channels;
    const weights = across.weights[column] as Float32Array;
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let index = 0; index < weights.length; index++)
        sum += (weights[index] as number) * (data[first + index * channels + channel] as number);
      mixed[column * channels + channel] = sum;
    }
  }
  return mixed;
}

/** Larger: linear between the nearest two. Smaller: the mean of all that is covered, so that nothing is skipped. */
function mixOf(start: number, extent: number, size: number, limit: number, flips: boolean): Mix {
  const step = extent / size;
  const first = new Int32Array(size);
  const weights: Float32Array[] = [];
  for (let at = 0; at < size; at++) {
    const place = flips ? size - 1 - at : at;
    const centre = start + (place + 0.5) * step;
    // A tent as wide as two pixels, or a box as wide as what one pixel of the result covers.
    const isSmaller = step > 1;
    const from = isSmaller ? centre - step / 2 : centre - 0.5;
    const low = Math.max(0, Math.floor(from));
    const high = Math.min(limit - 1, isSmaller ? Math.ceil(centre + step / 2) - 1 : low + 1);
    const own = new Float32Array(Math.max(1, high - low + 1));
    for (let index = 0; index < own.length; index++) {
      const pixel = low + index;
      own[index] = isSmaller
        ? Math.max(0, Math.min(pixel + 1, centre + step / 2) - Math.max(pixel, from))
        : Math.max(0, 1 - Math.abs(pixel + 0.5 - centre));
    }
    const total = own.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) own[0] = 1;
    else for (let index = 0; index < own.length; index++) own[index] = (own[index] as number) / total;
    first[at] = Math.min(low, limit - 1);
    weights.push(own);
  }
  return { first, weights };
}
