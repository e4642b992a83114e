import { Tag } from '@leadglass/dicom';
import {
  ImagingError,
  type InstanceRecord,
  NotFound,
  pixelElement,
  type Rendered,
  type RenderedMediaType,
  type RenderOptions,
  type View,
} from '../operations/index.ts';
import { type Answer, entityTag } from './answer.ts';
import { sendDocument } from './documents.ts';
import type { DoorContext, Handler } from './door-context.ts';
import type { LaidOut } from './header-cache.ts';
import { covers, type Wish, wishesOf } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { boundaryOf, multipartStream, type Part } from './multipart-body.ts';
import { bytesBody, sendHeld, sendRanged } from './ranged-body.ts';
import { renderParameters, thumbnailParameters } from './render-parameters.ts';
import { frameCount, parseFrames } from './retrieve-frames.ts';
import { instanceURL, targetOf } from './targets.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** Part of every entity tag: another way of rendering makes other images. */
const RENDERING = 'rendering 1';

/** Images are given as the first of these that the client takes (PS3.18 Table 8.7.4-1). */
const IMAGE_TYPES: readonly RenderedMediaType[] = ['image/jpeg', 'image/png', 'image/gif'];

/** Instances that are tried for the picture of a series, when some cannot be shown. */
const REPRESENTATIVES_MAX = 4;

/**
 * Storage SOP classes without pixels: presentation states, waveforms, reports, documents, plans, raw data, and what is
 * numbered behind raw data but segmentations (66.4) and label maps (66.7).
 */
const WITHOUT_PIXELS =
  /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(11|9|88|104|66(?!\.[47]$)|481\.[3-9]|481\.1\d|200)(\.|$)/;

interface Shown {
  readonly view: View;
  readonly record: InstanceRecord;
  readonly header: LaidOut;
  /** From 0. */
  readonly indices: readonly number[];
  readonly options: RenderOptions;
}

/** `/rendered` of an instance, of frames, of a series or a study (PS3.18 10.4.1.1.3). */
export const retrieveRendered: Handler = async (context, request, answer) => {
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => {
      const options = renderParameters(request.query);
      const wishes = imageWishes(request);
      const frames = request.parameter('frames');
      if (frames !== undefined) {
        const numbers = parseFrames(frames);
        await sendRenderedFrames(context, request, answer, { view, options, numbers, wishes });
      } else if (request.parameter('instance') !== undefined) {
        await sendRenderedInstance(context, request, answer, { view, record: view.first, options, wishes });
      } else if (wishes[0]?.multipart === true) {
        await sendAll(context, request, answer, { view, options, wish: wishes[0] });
      } else {
        const shown = await representative(context, view, options);
        await sendImage(context, request, answer, shown, wishes);
      }
    },
  );
};

/** `/thumbnail` of a study, series, instance or frame: one small image (PS3.18 10.4.1.1.4). */
export const retrieveThumbnail: Handler = async (context, request, answer) => {
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => {
      const options = thumbnailParameters(request.query);
      const numbers = request.parameter('frames');
      const shown =
        request.parameter('instance') === undefined
          ? await representative(context, view, options)
          : await imageOf(context, view, view.first, options);
      const frames = numbers === undefined ? undefined : parseFrames(numbers);
      if (frames && (frames[0] ?? 0) > frameCount(shown.header)) throw new NotFound();
      const indices = frames === undefined ? chosenFrames(shown, 'image/jpeg') : [(frames[0] ?? 1) - 1];
      await sendImage(context, request, answer, { ...shown, indices }, imageWishes(request));
    },
  );
};

/** An instance in the form people see; also what WADO-URI gives. */
export async function sendRenderedInstance(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  asked: { view: View; record: InstanceRecord; options: RenderOptions; wishes: readonly Wish[] },
): Promise<void> {
  const { view, record, options, wishes } = asked;
  const header = await context.headers.header(view, record);
  if (await sendDocument(request, answer, { view, record, header, wishes })) return;
  const shown = await imageOf(context, view, record, options);
  await sendImage(context, request, answer, shown, wishes);
}

/** Frames by their numbers, from 1. */
export async function sendRenderedFrames(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  asked: { view: View; options: RenderOptions; numbers: readonly number[]; wishes: readonly Wish[] },
): Promise<void> {
  const { view, options, numbers, wishes } = asked;
  const shown = await imageOf(context, view, view.first, options);
  const count = frameCount(shown.header);
  if (numbers.some((number) => number > count)) throw new NotFound();
  const images = { ...shown, indices: numbers.map((number) => number - 1) };
  if (numbers.length === 1) {
    await sendImage(context, request, answer, images, wishes);
    return;
  }
  for (const wish of wishes) {
    // Several in one file are an animation; as images of their own they need multipart.
    if (wish.type === 'image/gif' && wish.multipart === false) {
      await sendImage(context, request, answer, images, [wish]);
      return;
    }
    const mediaType = wish.multipart === false ? undefined : typeFor(wish);
    if (mediaType === undefined) continue;
    const each = images.indices.map((index) => ({ ...images, indices: [index] }));
    await sendParts(context, request, answer, each, mediaType);
    return;
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

/** Every image of a series or a study as a part of its own. */
async function sendAll(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  { view, options, wish }: { view: View; options: RenderOptions; wish: Wish },
): Promise<void> {
  const mediaType = typeFor(wish);
  if (mediaType === undefined) throw new WebError(406, 'NOT_ACCEPTABLE');
  async function* images(): AsyncGenerator<Shown> {
    for (const record of view.instances()) {
      if (WITHOUT_PIXELS.test(record.sopClassUID)) continue;
      const shown = await imageOrNone(context, view, record, options);
      if (shown) yield shown;
    }
  }
  await sendParts(context, request, answer, images(), mediaType);
}

/** Images rendered one by one, each while the client takes the one before; what cannot be decoded is left out. */
async function sendParts(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  images: AsyncIterable<Shown> | Iterable<Shown>,
  mediaType: RenderedMediaType,
): Promise<void> {
  const { query } = request;
  const boundary = boundaryOf(entityTag(request.path, mediaType, query.one('viewport') ?? ''));
  const parts = async function* (): AsyncGenerator<Part> {
    let count = 0;
    for await (const shown of images) {
      try {
        const { bytes } = await render(context, shown, mediaType);
        const [index = 0] = shown.indices;
        const url = `${instanceURL(context.baseURL, shown.record)}/frames/${index + 1}/rendered`;
        yield { headers: { 'Content-Type': mediaType, 'Content-Location': url }, body: bytesBody(bytes) };
        count++;
      } catch (error) {
        if (!(error instanceof ImagingError) || error.code === 'OPTION_INVALID') throw error;
      }
    }
    if (count === 0) throw new WebError(406, 'NOT_RENDERABLE');
  };
  const all = parts();
  // The first is made before anything is promised.
  const first = await all.next();
  const rest = async function* (): AsyncGenerator<Part> {
    if (!first.done) yield first.value;
    yield* all;
  };
  const headers = { 'Content-Type': multipartType(mediaType, boundary), Vary: 'Accept' };
  await answer.stream(200, headers, multipartStream(rest(), boundary));
}

/** One image, alone or as the only part, in the first form that the client takes. @throws WebError 406 */
async function sendImage(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  shown: Shown,
  wishes: readonly Wish[],
): Promise<void> {
  for (const wish of wishes) {
    const mediaType = typeFor(wish);
    if (mediaType === undefined) continue;
    // An animation is what is asked for by its name alone; all other types show one frame.
    const isCine = mediaType === 'image/gif' && shown.indices.length === 0;
    const indices = isCine ? everyFrame(shown.header) : chosenFrames(shown, mediaType);
    const asked = { ...shown, indices };
    if (wish.multipart === true) {
      await sendParts(context, request, answer, [asked], mediaType);
      return;
    }
    const about = {
      entityTag: tagOf(asked, mediaType),
      headers: { 'Content-Type': mediaType, Vary: 'Accept' },
    };
    if (sendHeld(request, answer, about)) return;
    const { bytes } = await render(context, asked, mediaType);
    await sendRanged(request, answer, bytesBody(bytes), about);
    return;
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

function render(context: DoorContext, shown: Shown, mediaType: RenderedMediaType): Promise<Rendered> {
  const { imaging } = context;
  if (!imaging) throw new WebError(406, 'NOT_RENDERABLE');
  const { view, record, header, indices, options } = shown;
  const key = tagOf(shown, mediaType);
  return imaging.render({ source: view, record }, header, indices, { ...options, mediaType }, key);
}

function tagOf({ record, indices, options }: Shown, mediaType: string): string {
  const what = JSON.stringify([mediaType, options]);
  return entityTag(record.location, record.sopInstanceUID, RENDERING, what, indices.join());
}

/** Which image type a wish is for: the default unless it names one. */
function typeFor({ type }: Wish): RenderedMediaType | undefined {
  return IMAGE_TYPES.find((each) => covers(type, each));
}

function imageWishes(request: WebRequest): readonly Wish[] {
  return wishesOf(request.header('accept'), request.query.one('accept'));
}

/** No index: whichever suits the media type. @throws WebError 406 when there is no image */
async function imageOf(
  context: DoorContext,
  view: View,
  record: InstanceRecord,
  options: RenderOptions,
): Promise<Shown> {
  const header = await context.headers.header(view, record);
  if (!pixelElement(header)) throw new WebError(406, 'NOT_RENDERABLE');
  return { view, record, header, indices: [], options };
}

async function imageOrNone(
  context: DoorContext,
  view: View,
  record: InstanceRecord,
  options: RenderOptions,
): Promise<Shown | undefined> {
  try {
    const shown = await imageOf(context, view, record, options);
    const isShown = context.imaging?.canTranscode(record.transferSyntaxUID, EXPLICIT, shown.header) ?? false;
    return isShown ? { ...shown, indices: chosenFrames(shown, 'image/jpeg') } : undefined;
  } catch (error) {
    if (error instanceof WebError && error.status === 406) return undefined;
    throw error;
  }
}

const EXPLICIT = '1.2.840.10008.1.2.1';

/** The image in the middle stands for a series, or for a study; others when it cannot be shown. */
async function representative(context: DoorContext, view: View, options: RenderOptions): Promise<Shown> {
  const records = [...view.instances()].filter(({ sopClassUID }) => !WITHOUT_PIXELS.test(sopClassUID));
  const first = records[0]?.seriesInstanceUID;
  const series = records.filter(({ seriesInstanceUID }) => seriesInstanceUID === first);
  const middle = series[Math.floor(series.length / 2)];
  const tried = new Set([...(middle ? [middle] : []), ...records]);
  let left = REPRESENTATIVES_MAX;
  for (const record of tried) {
    if (left-- === 0) break;
    const shown = await imageOrNone(context, view, record, options);
    if (shown) return { ...shown, indices: [] };
  }
  throw new WebError(406, 'NOT_RENDERABLE');
}

function everyFrame(header: LaidOut): number[] {
  return Array.from({ length: frameCount(header) }, (_, index) => index);
}

/** The frame that stands for all (PS3.3 C.7.6.6, Representative Frame Number), else the one in the middle. */
function chosenFrames({ header, indices }: Shown, mediaType: RenderedMediaType): readonly number[] {
  if (indices.length > 0 && (mediaType === 'image/gif' || indices.length === 1)) return indices;
  if (indices.length > 1) throw new WebError(406, 'SEVERAL_FRAMES_NEED_MULTIPART');
  const count = frameCount(header);
  const named = header.dataSet.number(Tag.RepresentativeFrameNumber) ?? 0;
  const isFrame = Number.isInteger(named) && named >= 1 && named <= count;
  return [isFrame ? named - 1 : Math.floor((count - 1) / 2)];
}
