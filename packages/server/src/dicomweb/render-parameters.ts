import type { RenderOptions, Viewport, Window } from '../operations/index.ts';
import type { UriQuery } from './uri-query.ts';
import { WebError } from './web-error.ts';

/** A thumbnail is as large when nobody says how large it should be, and never larger than the second. */
const THUMBNAIL_EXTENT = 128;
const THUMBNAIL_EXTENT_MAX = 1024;
/** What an image file may measure; imaging has the same limits and checks them again. */
const EXTENT_MAX = 16_384;
const PIXELS_MAX = 64 * 1024 * 1024;

const NUMBER = /^[+-]?\d{1,9}(\.\d{0,9})?$/;
const SHAPES: Readonly<Record<string, Window['function']>> = {
  linear: 'LINEAR',
  'linear-exact': 'LINEAR_EXACT',
  sigmoid: 'SIGMOID',
};

/** Parameters of a rendered resource (PS3.18 Table 8.3.5-1). @throws WebError 400 */
export function renderParameters(query: UriQuery): RenderOptions {
  refuse(query, 'annotation', 'ANNOTATION_NOT_SUPPORTED');
  if (query.one('iccprofile') !== 'no') refuse(query, 'iccprofile', 'ICC_PROFILE_NOT_SUPPORTED');
  const viewport = viewportOf(query.one('viewport'));
  const window = windowOf(query.one('window'));
  return {
    ...qualityOf(query.one('quality')),
    ...(viewport === undefined ? {} : { viewport }),
    ...(window === undefined ? {} : { window }),
  };
}

/** Parameters of a thumbnail (PS3.18 Table 8.3.5-2): no annotation, and small. @throws WebError 400 */
export function thumbnailParameters(query: UriQuery): RenderOptions {
  const { columns, rows } = viewportOf(query.one('viewport')) ?? {
    columns: THUMBNAIL_EXTENT,
    rows: THUMBNAIL_EXTENT,
  };
  if (columns > THUMBNAIL_EXTENT_MAX || rows > THUMBNAIL_EXTENT_MAX) throw new WebError(400, 'BAD_VIEWPORT');
  return { viewport: { columns, rows }, overlays: false };
}

/**
 * Parameters of WADO-URI (PS3.18 Table 9.5.1-1).
 * @param extent rows and columns of the frame, which a region is a part of
 * @throws WebError 400
 */
export function uriRenderParameters(
  query: UriQuery,
  extent: { rows: number; columns: number },
): RenderOptions {
  refuse(query, 'imageAnnotation', 'ANNOTATION_NOT_SUPPORTED');
  refuse(query, 'presentationUID', 'PRESENTATION_STATE_NOT_SUPPORTED');
  const [center, width] = [query.one('windowCenter'), query.one('windowWidth')];
  if ((center === undefined) !== (width === undefined)) throw new WebError(400, 'BAD_WINDOW');
  const window = center === undefined ? undefined : windowOf(`${center},${width ?? ''},linear`);
  const viewport = uriViewport(query, extent);
  return {
    ...qualityOf(query.one('imageQuality')),
    ...(viewport === undefined ? {} : { viewport }),
    ...(window === undefined ? {} : { window }),
  };
}

function refuse(query: UriQuery, name: string, code: string): void {
  if ((query.one(name) ?? '') !== '') throw new WebError(400, code);
}

function qualityOf(text: string | undefined): { quality?: number } {
  if (text === undefined) return {};
  const quality = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (quality < 1 || quality > 100) throw new WebError(400, 'BAD_QUALITY');
  return { quality };
}

/** `center,width,shape` (PS3.18 8.3.5.1.4). */
function windowOf(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const [center = NaN, width = NaN] = text.split(',').slice(0, 2).map(numberOf);
  const [, , shape = 'linear', ...more] = text.split(',');
  const found = Object.hasOwn(SHAPES, shape.toLowerCase()) ? SHAPES[shape.toLowerCase()] : undefined;
  const isWide = found === 'LINEAR' ? width >= 1 : width > 0;
  if (found === undefined || more.length > 0 || Number.isNaN(center) || !isWide)
    throw new WebError(400, 'BAD_WINDOW');
  return { center, width, function: found };
}

/** `vw,vh` or `vw,vh,sx,sy,sw,sh`, of the last four any may be left out (PS3.18 8.3.5.1.3). */
function viewportOf(text: string | undefined): Viewport | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(',');
  const numbers = parts.map((part) => (part.trim() === '' ? undefined : numberOf(part)));
  const [columns, rows, sourceX, sourceY, sourceColumns, sourceRows] = numbers;
  const hasExtent = isExtent(columns) && isExtent(rows) && columns * rows <= PIXELS_MAX;
  const isWhole = parts.length === 2 || parts.length === 6;
  const hasOrigin = [sourceX, sourceY].every((value) => value === undefined || value >= 0);
  const hasPart = [sourceColumns, sourceRows].every((value) => value !== 0 && !Number.isNaN(value));
  if (!hasExtent || !isWhole || !hasOrigin || !hasPart) throw new WebError(400, 'BAD_VIEWPORT');
  return {
    columns,
    rows,
    ...(sourceX === undefined ? {} : { sourceX }),
    ...(sourceY === undefined ? {} : { sourceY }),
    ...(sourceColumns === undefined ? {} : { sourceColumns }),
    ...(sourceRows === undefined ? {} : { sourceRows }),
  };
}

/** `rows` and `columns` are the most there may be; `region` is left, top, right, bottom as fractions. */
function uriViewport(query: UriQuery, extent: { rows: number; columns: number }): Viewport | undefined {
  const region = query.one('region');
  const [rows, columns] = [query.one('rows'), query.one('columns')].map((text) =>
    text === undefined ? undefined : numberOf(text),
  );
  if (region === undefined && rows === undefined && columns === undefined) return undefined;
  const [left = 0, top = 0, right = 1, bottom = 1] = region?.split(',').map(numberOf) ?? [];
  const isRegion = left >= 0 && left < right && right <= 1 && top >= 0 && top < bottom && bottom <= 1;
  if (!isRegion || (region !== undefined && region.split(',').length !== 4))
    throw new WebError(400, 'BAD_REGION');
  const part = {
    sourceX: left * extent.columns,
    sourceY: top * extent.rows,
    sourceColumns: (right - left) * extent.columns,
    sourceRows: (bottom - top) * extent.rows,
  };
  const isFree = rows === undefined && columns === undefined;
  const shown = {
    rows: rows ?? (isFree ? Math.max(1, Math.round(part.sourceRows)) : EXTENT_MAX),
    columns: columns ?? (isFree ? Math.max(1, Math.round(part.sourceColumns)) : EXTENT_MAX),
  };
  // One that is not given is as large as it may be beside the other: proportions are kept.
  if (rows === undefined) shown.rows = Math.min(shown.rows, Math.floor(PIXELS_MAX / shown.columns));
  if (columns === undefined) shown.columns = Math.min(shown.columns, Math.floor(PIXELS_MAX / shown.rows));
  if (!isExtent(shown.rows) || !isExtent(shown.columns) || shown.rows * shown.columns > PIXELS_MAX)
    throw new WebError(400, 'BAD_VIEWPORT');
  return { ...shown, ...part };
}

function numberOf(text: string): number {
  return NUMBER.test(text.trim()) ? Number(text) : NaN;
}

function isExtent(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= EXTENT_MAX;
}
