import { Tag, transferSyntax, type TransferSyntax } from '@leadglass/dicom';
import { type InstanceRecord, NotFound, type View } from '../operations/index.ts';
import { type Answer, entityTag } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import type { LaidOut } from './header-cache.ts';
import { covers, type Wish, wishesOf } from './media-type.ts';
import { boundaryOf, multipartBody, multipartType } from './multipart-body.ts';
import { frameBody } from './frame-body.ts';
import { bytesBody, type RangedBody, sendRanged } from './ranged-body.ts';
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
  const form = chooseForm(request, header.syntax, numbers.length, context);
  const bodies: RangedBody[] = [];
  for (const number of numbers) bodies.push(await bodyOf(context, { view, record, header, number, form }));
  const tag = entityTag(
    record.location,
    record.sopInstanceUID,
    form.syntax.uid,
    String(form.multipart),
    numbers.join(),
  );
  const type = `${form.type}; transfer-syntax=${form.syntax.uid}`;
  const [first] = bodies;
  if (!form.multipart && first) {
    await sendRanged(request, answer, first, {
      entityTag: tag,
      headers: { 'Content-Type': type, Vary: 'Accept' },
    });
    return;
  }
  const boundary = boundaryOf(tag);
  const url = instanceURL(context.baseURL, record);
  const parts = bodies.map((body, index) => ({
    headers: { 'Content-Type': type, 'Content-Location': `${url}/frames/${numbers[index] ?? 0}` },
    body,
  }));
  const headers = { 'Content-Type': multipartType(form.type, boundary), Vary: 'Accept' };
  // The boundary is this process's own, and so the bytes are.
  const ownTag = entityTag(tag, boundary);
  await sendRanged(request, answer, multipartBody(parts, boundary), { entityTag: ownTag, headers });
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
  readonly number: number;
  readonly form: Form;
}

async function bodyOf(
  context: DoorContext,
  { view, record, header, number, form }: Asked,
): Promise<RangedBody> {
  const stored = frameBody(view, record, header, number - 1);
  if (!stored) throw new WebError(406, 'FRAMES_CANNOT_BE_TOLD_APART');
  const isAsked = header.syntax.uid === form.syntax.uid || (isNative(header.syntax) && isNative(form.syntax));
  if (isAsked) return stored;
  if (!context.imaging) throw new WebError(406, 'NOT_ACCEPTABLE');
  const pieces: Uint8Array[] = [];
  for await (const piece of stored.read(0, stored.length)) pieces.push(piece);
  const frame = { syntax: header.syntax, dataSet: header.dataSet, bytes: Buffer.concat(pieces) };
  return bytesBody(await context.imaging.transcodeFrame(frame, form.syntax));
}

/** The first wish that can be met (PS3.18 8.7.4). @throws WebError 406 */
function chooseForm(request: WebRequest, stored: TransferSyntax, count: number, context: DoorContext): Form {
  for (const wish of wishesOf(request.header('accept'), request.query.one('accept'))) {
    if (wish.multipart === false && count > 1) continue;
    const multipart = wish.multipart ?? true;
    const wanted = wantedSyntax(wish, stored);
    const syntax = wanted === undefined ? undefined : transferSyntax(wanted);
    if (!syntax || !canGive(stored, syntax, context)) continue;
    return { type: isNative(syntax) ? OCTET_STREAM : mediaTypeOf(syntax), syntax, multipart };
  }
  throw new WebError(406, 'NOT_ACCEPTABLE');
}

/** The syntax a wish means for frames stored in one; undefined when it is for something else. */
function wantedSyntax(wish: Wish, stored: TransferSyntax): string | undefined {
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

function canGive(stored: TransferSyntax, wanted: TransferSyntax, { imaging }: DoorContext): boolean {
  if (stored.uid === wanted.uid) return true;
  if (isNative(stored) && wanted.uid === EXPLICIT_LITTLE_ENDIAN) return true;
  return imaging?.canTranscode(stored, wanted) ?? false;
}

function frameCount({ dataSet }: LaidOut): number {
  const hasPixels = [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData].some((tag) =>
    dataSet.has(tag),
  );
  if (!hasPixels) return 0;
  const count = dataSet.number(Tag.NumberOfFrames) ?? 1;
  return Number.isInteger(count) && count > 0 ? count : 1;
}

/** `1,5,3`: in this order, from 1 (PS3.18 10.4.1.1.6). @throws WebError 400 */
function parseFrames(text: string): number[] {
  const isList = text.length <= FRAME_LIST_LENGTH_MAX && /^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/.test(text);
  const numbers = isList ? text.split(',').map(Number) : [];
  if (numbers.length === 0 || numbers.length > FRAMES_MAX) throw new WebError(400, 'BAD_FRAME_LIST');
  return numbers;
}
