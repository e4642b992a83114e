import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ParseError } from '@leadglass/dicom';
import { afterAll, describe, expect, test } from 'vitest';
import { CodecModules } from '../../packages/server/src/imaging/codecs/codec-modules.ts';
import { decodeFrame } from '../../packages/server/src/imaging/decode-frame.ts';
import { canDecode, ImagingError, renderInputs } from '../../packages/server/src/imaging/index.ts';
import type { RenderInputs, RenderOptions } from '../../packages/server/src/imaging/index.ts';
import type { RenderedImage } from '../../packages/server/src/imaging/rendering/image.ts';
import { renderFrame } from '../../packages/server/src/imaging/rendering/render.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, runTool, titleOf } from '../support/tools.ts';
import { corpusMissingReason, filePath, isFuzzingFile, manifest } from './corpus.ts';
import { corpusImage } from './frames.ts';
import { renderedDifferences } from './rendered-differences.ts';

const reason = missingTools('dcm2pnm', 'dcmj2pnm', 'dcml2pnm') ?? corpusMissingReason;
const title = 'rendered images of the corpus';

const scope = new Scope();
afterAll(() => scope.close());
const modules = new CodecModules();

/** DCMTK's renderer for a transfer syntax; it has none for JPEG 2000. */
function rendererFor(transferSyntaxUID: string): string | undefined {
  const codec = transferSyntaxUID.slice('1.2.840.10008.1.2'.length);
  if (['', '.1', '.1.99', '.2', '.5'].includes(codec)) return 'dcm2pnm';
  if (/^\.4\.(50|51|53|55|57|70)$/.test(codec)) return 'dcmj2pnm';
  return /^\.4\.8[01]$/.test(codec) ? 'dcml2pnm' : undefined;
}

interface Ours {
  readonly inputs: RenderInputs;
  readonly image: RenderedImage;
  readonly transferSyntaxUID: string;
}

/**
 * The first frame rendered as DCMTK does: padding counts as image, pixels stay as they are, shutters are left out.
 * Undefined when there is nothing to compare.
 */
async function renderOurs(name: string, options: RenderOptions): Promise<Ours | undefined> {
  try {
    const image = await corpusImage(name);
    const bytes = image?.frames[0];
    if (image === undefined || bytes === undefined) return undefined;
    const transferSyntaxUID = image.file.header.transferSyntaxUID;
    if (!canDecode(transferSyntaxUID, image.description)) return undefined;
    const inputs = renderInputs(image.file.dataSet, transferSyntaxUID);
    const frame = inputs.frames[0];
    if (frame === undefined) return undefined;
    const decoded = await decodeFrame(modules, image.description, bytes);
    const shown = { ...frame, padding: undefined };
    return { inputs, transferSyntaxUID, image: renderFrame(decoded, inputs, shown, options) };
  } catch (error) {
    if (error instanceof ImagingError || error instanceof ParseError) return undefined;
    throw error;
  }
}

/** What makes DCMTK choose the same window: the data set's first, its first LUT, or all that is in the frame. */
function windowArguments({ description, palette, frames }: RenderInputs): string[] {
  const frame = frames[0];
  if (description.samplesPerPixel > 1 || palette !== undefined || frame === undefined) return [];
  if (frame.windows.length > 0) return ['+Wi', '1'];
  return frame.luts.length > 0 ? ['+Wl', '1'] : ['+Wm'];
}

/** What the windows in functional groups mean, told to DCMTK, which does not look there. */
function windowItself({ frames }: RenderInputs): string[] {
  const window = frames[0]?.windows[0];
  if (window === undefined || window.function !== 'LINEAR') return [];
  return ['+Ww', String(window.center), String(window.width)];
}

async function renderTheirs(
  name: string,
  ours: Ours,
  overlays: string[],
): Promise<RenderedImage | undefined> {
  const tool = rendererFor(ours.transferSyntaxUID);
  if (tool === undefined) return undefined;
  const output = join(folder(), 'image.pnm');
  for (const window of [windowArguments(ours.inputs), windowItself(ours.inputs)]) {
    const { code } = await runTool(tool, ['+op', ...overlays, ...window, filePath(name), output]);
    if (code === 0) return readPnm(readFileSync(output));
  }
  return undefined;
}

let folderMade: string | undefined;
function folder(): string {
  folderMade ??= scope.folder('rendered');
  return folderMade;
}

/** PGM or PPM in its binary form, 8 bits. */
function readPnm(bytes: Buffer): RenderedImage {
  const header = /^P([56])\s+(?:#[^\n]*\n)?(\d+)\s+(\d+)\s+(?:#[^\n]*\n)?255\s/.exec(
    bytes.subarray(0, 200).toString('latin1'),
  );
  if (header === null) throw new Error('not a PNM of 8 bits');
  const [all, kind, columns, rows] = header;
  return {
    rows: Number(rows),
    columns: Number(columns),
    channels: kind === '5' ? 1 : 3,
    data: new Uint8Array(bytes.subarray(all.length)),
  };
}

/** The greatest difference of any sample; grey counts as colour. */
function greatestDifference(a: RenderedImage, b: RenderedImage): number {
  if (a.rows !== b.rows || a.columns !== b.columns) return 256;
  let greatest = 0;
  for (let pixel = 0; pixel < a.rows * a.columns; pixel++)
    for (let channel = 0; channel < 3; channel++) {
      const of = ({ channels, data }: RenderedImage): number =>
        data[channels === 1 ? pixel : pixel * 3 + channel] as number;
      greatest = Math.max(greatest, Math.abs(of(a) - of(b)));
    }
  return greatest;
}

const plain: RenderOptions = { overlays: false, shutters: false, squarePixels: false };

describe.skipIf(reason !== undefined)(titleOf(title, reason), () => {
  test('are within one level of what DCMTK renders, but for listed differences', async () => {
    const found: Record<string, number> = {};
    let same = 0;
    // The malformed ones are all copies of one image of a single value.
    for (const { file } of manifest().filter((entry) => !isFuzzingFile(entry))) {
      const ours = await renderOurs(file, plain);
      const theirs = ours && (await renderTheirs(file, ours, ['-O']));
      if (ours === undefined || theirs === undefined) continue;
      const difference = greatestDifference(ours.image, theirs);
      if (difference <= 1) same++;
      else found[file] = difference;
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(renderedDifferences).map(([file, { levels }]) => [file, levels])),
    );
    expect(same).toBeGreaterThan(270);
  }, 300_000);

  test('have overlays where DCMTK draws them', async () => {
    let same = 0;
    for (const { file } of manifest().filter((entry) => !isFuzzingFile(entry))) {
      if (file in renderedDifferences) continue;
      const ours = await renderOurs(file, { ...plain, overlays: true });
      if (ours === undefined || ours.inputs.overlays.length === 0) continue;
      const theirs = await renderTheirs(file, ours, ['+O', '0', '+Omr']);
      if (theirs === undefined) continue;
      expect(greatestDifference(ours.image, theirs), file).toBeLessThanOrEqual(1);
      same++;
    }
    expect(same).toBeGreaterThan(3);
  }, 300_000);
});
