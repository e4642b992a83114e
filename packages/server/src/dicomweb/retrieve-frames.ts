import { Tag, transferSyntax, type TransferSyntax } from '@leadglass/dicom';
import { begun, type InstanceRecord, NotFound, type View } from '../operations/index.ts';
import { type Answer, entityTag } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import type { LaidOut } from './header-cache.ts';
import { covers, type Wish } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { multipartBody, multipartStream, namesOf, type Part } from './multipart-body.ts';
import { frameBody } from './frame-body.ts';
import { bytesBody, type RangedBody, sendHeld, sendRanged } from './ranged-body.ts';
import {
  currentName,
  defaultSyntaxOf,
  EXPLICIT_LITTLE_ENDIAN,
  isNative,
  mediaTypeOf,
  OCTET_STREAM,
} from './syntax-media-types.ts';
import { instanceURL, targetOf } from './targets.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** Frames in one request: more is another request. */
const FRAMES_MAX = 10_000;
const FRAME_LIST_LENGTH_MAX = 65_536;

/** `.../instances/{instance}/frames/{frames}` (PS3.18 10.4.1.1.6). */
export async function retrieveFrames(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => {
      const frames = parseFrames(request.parameter('frames') ?? '');
      await sendFrames(context, request, answer, { view, frames });
    },
  );
}

/** `.../instances/{instance}/pixeldata` (PS3.18 10.4.1.1.6): all frames. */
export async function retrievePixelData(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
): Promise<void> {
  await context.viewings.view(
    request.caller,
    () => targetOf(request),
    async (view) => await sendFrames(context, request, answer, { view, frames: 'all' }),
  );
}

export async function sendFrames(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  { view, frames }: { view: View; frames: readonly number[] | 'all' },
): Promise<void> {
  const record = view.first;
  const header = await context.headers.header(view, record);
  const count = frameCount(header);
  if (count === 0) throw new NotFound();
  const numbers = frames === 'all' ? Array.from({ length: count }, (_, index) => index + 1) : frames;
  if (numbers.some((number) => number > count)) throw new NotFound();
  const form = chooseForm(request, header, numbers.length, context);
  const tag = entityTag(
    record.location,
    record.sopInstanceUID,
    form.syntax.uid,
    String(form.multipart),
    numbers.join(),
  );
  const type = `${form.type}; transfer-syntax=${form.syntax.uid}`;
  const asked = { view, record, header, numbers, form, tag, type };
  if (!isAsStored(header, form)) {
    await sendTranscoded(context, request, answer, asked);
    return;
  }
  const bodies = numbers.map((number) => storedFrame(asked, number));
  // What is inflated lies in memory that the inflater goes on using.
  const isSentOnce = !header.syntax.deflated;
  // Decoders show a small image of the first of a frame, or at least how large it will be.
  const beginsEarly = header.syntax.encapsulated;
  const [first] = bodies;
  if (!form.multipart && first) {
    await sendRanged(request, answer, first, {
      entityTag: tag,
      headers: { 'Content-Type': type, Vary: 'Accept' },
      isSentOnce,
      beginsEarly,
    });
    return;
  }
  const { boundary, ownTag } = namesOf(tag);
  const url = instanceURL(context.baseURL, record);
  const parts = bodies.map((body, index) => ({
    headers: { 'Content-Type': type, 'Content-Location': `${url}/frames/${numbers[index] ?? 0}` },
    body,
  }));
  const headers = { 'Content-Type': multipartType(form.type, boundary), Vary: 'Accept' };
  const about = { entityTag: ownTag, headers, isSentOnce, beginsEarly };
  await sendRanged(request, answer, multipartBody(parts, boundary), about);
}

interface Form {
  readonly type: string;
  readonly syntax: TransferSyntax;
  readonly multipart: boolean;
}

interface Asked {
  readonly view: View;
  readonly record: InstanceRecord;
  readonly header: LaidOut;
  readonly numbers: readonly number[];
  readonly form: Form;
  readonly tag: string;
  readonly type: string;
}

/** Native frames are the same bytes in every native syntax, once they are little endian. */
function isAsStored({ syntax }: LaidOut, form: Form): boolean {
  return syntax.uid === form.syntax.uid || (isNative(syntax) && isNative(form.syntax));
}

function storedFrame({ view, record, header }: Asked, number: number): RangedBody {
  const stored = frameBody(view, record, header, number - 1);
  if (!stored) throw new WebError(406, 'FRAMES_CANNOT_BE_TOLD_APART');
  return stored;
}

/** Frames in another syntax: how long each will be is not known, so that several are sent without lengths. */
async function sendTranscoded(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  { view, record, header, numbers, form, tag, type }: Asked,
): Promise<void> {
  const { imaging } = context;
  if (!imaging) throw new WebError(406, 'NOT_ACCEPTABLE');
  const { boundary, ownTag } = form.multipart ? namesOf(tag) : { boundary: '', ownTag: tag };
  const about = {
    entityTag: ownTag,
    headers: {
      'Content-Type': form.multipart ? multipartType(form.type, boundary) : type,
      Vary: 'Accept',
    },
  };
  if (sendHeld(request, answer, about)) return;
  const indices = numbers.map((number) => number - 1);
  const instance = { source: view, record };
  // The first is made before anything is promised: an image that cannot be decoded is answered 406.
  const frames = await begun(imaging.frames(instance, header, indices, form.syntax.uid));
  if (!form.multipart) {
    const { value } = await frames.next();
    await sendRanged(
      request,
      answer,
      bytesBody(value instanceof Uint8Array ? value : Buffer.alloc(0)),
      about,
    );
    return;
  }
  const url = instanceURL(context.baseURL, record);
  const parts = async function* (): AsyncGenerator<Part> {
    let order = 0;
    for await (const bytes of frames) {
      const location = `${url}/frames/${numbers[order++] ?? 0}`;
      yield { headers: { 'Content-Type': type, 'Content-Location': location }, body: bytesBody(bytes) };
    }
  };
  const headers = { ...about.headers, ETag: about.entityTag };
  await answer.stream(200, headers, multipartStream(parts(), boundary), { isSentOnce: true });
}

/** The first wish that can be met (PS3.18 8.7.4). @throws WebError 406 */
function chooseForm(request: WebRequest, header: LaidOut, count: number, context: DoorContext): Form {
  const stored = header.syntax;
  for (const wish of context.accepts.wishes(request.header('accept'), request.query.one('accept'))) {
    if (wish.multipart === false && count > 1) continue;
    const multipart = wish.multipart ?? true;
    const wanted = wantedSyntax(wish, stored);
    const syntax = wanted === undefined ? undefined : transferSyntax(wanted);
    if (!syntax || !canGive(header, syntax, context)) continue;
    return { type: isNative(syntax) ? OCTET_STREAM : mediaTypeOf(syntax), syntax, multipart };
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

/** The syntax a wish means for frames stored in one; undefined when it is for something else. */
export function wantedSyntax(wish: Wish, stored: TransferSyntax): string | undefined {
  const type = currentName(wish.type);
  const storedType = isNative(stored) ? OCTET_STREAM : mediaTypeOf(stored);
  const storedUID = isNative(stored) ? EXPLICIT_LITTLE_ENDIAN : stored.uid;
  if (wish.transferSyntax === '*') {
    // Octets of whatever syntax: viewers ask so for everything.
    return covers(type, storedType) || type === OCTET_STREAM ? storedUID : undefined;
  }
  if (wish.transferSyntax !== undefined) {
    const syntax = transferSyntax(wish.transferSyntax);
    if (!syntax) return undefined;
    const own = isNative(syntax) ? OCTET_STREAM : mediaTypeOf(syntax);
    return covers(type, own) || type === OCTET_STREAM ? syntax.uid : undefined;
  }
  if (covers(type, OCTET_STREAM)) return EXPLICIT_LITTLE_ENDIAN;
  if (covers(type, storedType) && defaultSyntaxOf(storedType) === stored.uid) return stored.uid;
  return defaultSyntaxOf(type);
}

function canGive(header: LaidOut, wanted: TransferSyntax, { imaging }: DoorContext): boolean {
  const stored = header.syntax;
  if (stored.uid === wanted.uid) return true;
  if (isNative(stored) && wanted.uid === EXPLICIT_LITTLE_ENDIAN) return true;
  // Frames have no header: in another native syntax they would be the same bytes under another name.
  if (isNative(wanted) && wanted.uid !== EXPLICIT_LITTLE_ENDIAN) return false;
  return imaging?.canTranscode(stored.uid, wanted.uid, header) ?? false;
}

/** Frames an instance has; none without pixels. */
export function frameCount({ dataSet }: LaidOut): number {
  const hasPixels = [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData].some((tag) =>
    dataSet.has(tag),
  );
  if (!hasPixels) return 0;
  const count = dataSet.number(Tag.NumberOfFrames) ?? 1;
  return Number.isInteger(count) && count > 0 ? count : 1;
}

/** `1,5,3`: in this order, from 1 (PS3.18 10.4.1.1.6). @throws WebError 400 */
export function parseFrames(text: string): number[] {
  const isList = text.length <= FRAME_LIST_LENGTH_MAX && /^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/.test(text);
  const numbers = isList ? text.split(',').map(Number) : [];
  if (numbers.length === 0 || numbers.length > FRAMES_MAX) throw new WebError(400, 'BAD_FRAME_LIST');
  return numbers;
}
