import { randomUUID } from 'node:crypto';
import {
  type DataElement,
  Tag,
  tagHex,
  toDicomJson,
  transferSyntax,
  type TransferSyntax,
} from '@leadglass/dicom';
import {
  begun,
  ImagingError,
  type InstanceRecord,
  type LaidOut,
  NotFound,
  readLaidOut,
  retrieve,
  type RetrieveCounts,
  type Retrieval,
  type View,
} from '../operations/index.ts';
import type { Answer } from './answer.ts';
import type { DoorContext, Handler } from './door-context.ts';
import { frameBody } from './frame-body.ts';
import { type Wish, wishesOf } from './media-type.ts';
import { multipartType } from '../http-media/multipart-lines.ts';
import { boundaryOf, multipartStream, type OpenPart } from './multipart-body.ts';
import { bytesBody } from './ranged-body.ts';
import { bodyOf, elementAt } from './retrieve-bulkdata.ts';
import { frameCount, wantedSyntax } from './retrieve-frames.ts';
import {
  EXPLICIT_LITTLE_ENDIAN,
  explicitLittleEndian,
  isNative,
  mediaTypeOf,
  OCTET_STREAM,
} from './syntax-media-types.ts';
import { instanceURL, targetOf } from './targets.ts';
import { WebError } from './web-error.ts';
import type { WebRequest } from './web-request.ts';

/** All values that metadata links to, or pixels alone. */
type What = 'bulkdata' | 'pixeldata';

const PIXEL_TAGS: readonly number[] = [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData];

/**
 * `/bulkdata` of a study, a series or an instance and `/pixeldata` of a study or a series (PS3.18 10.4.1.1.5,
 * 10.4.1.1.6): one part a value, or a frame where frames can be told apart, each with the URI that metadata has for it.
 * Instance by instance, never more of one in memory than a frame.
 */
export function retrieveAll(what: What): Handler {
  return async (context, request, answer) => {
    const asked = () => {
      const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = targetOf(request);
      return {
        studyInstanceUIDs: [studyInstanceUID],
        ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUIDs: [seriesInstanceUID] }),
        ...(sopInstanceUID === undefined ? {} : { sopInstanceUIDs: [sopInstanceUID] }),
      };
    };
    const detail = { way: 'dicomweb', what };
    await retrieve(context.workplace, 'get', request.caller, asked, detail, async (retrieval) => {
      if (retrieval.total === 0) throw new NotFound();
      return await sendAll(context, request, answer, { what, retrieval });
    });
  };
}

async function sendAll(
  context: DoorContext,
  request: WebRequest,
  answer: Answer,
  { what, retrieval }: { what: What; retrieval: Retrieval },
): Promise<RetrieveCounts> {
  const forms = new Forms(context, request);
  const counts: RetrieveCounts = { completed: 0, failed: 0, warning: 0, cancelled: false };
  for (const record of retrieval.instances()) if (!forms.of(record)) counts.failed++;
  if (counts.failed === retrieval.total) throw new WebError(406, 'NOT_ACCEPTABLE');
  async function* parts(): AsyncGenerator<OpenPart> {
    for (const record of retrieval.instances()) {
      const form = forms.of(record);
      if (!form) continue;
      const view: View = { ...retrieval, first: record };
      const header = await readLaidOut(view, record);
      yield* new InstanceParts(context, { view, record, header, form, takesOctets: forms.takesOctets }).of(
        what,
      );
      counts.completed++;
    }
  }
  // The first is there before anything is promised: where there is none, nothing is answered by 404.
  const all = parts();
  const first = await all.next();
  if (first.done === true) throw new NotFound();
  const boundary = boundaryOf(randomUUID());
  const type = multipartType(first.value.headers['Content-Type']?.split(';')[0] ?? OCTET_STREAM, boundary);
  const body = multipartStream(beginningWith(first.value, all), boundary);
  // Some cannot be given as asked: the rest is, and the status says so (PS3.18 Table 10.4.3-1).
  await answer.stream(counts.failed > 0 ? 206 : 200, { 'Content-Type': type, Vary: 'Accept' }, body);
  return counts;
}

async function* beginningWith(first: OpenPart, others: AsyncGenerator<OpenPart>): AsyncGenerator<OpenPart> {
  try {
    yield first;
    yield* others;
  } finally {
    await others.return(undefined);
  }
}

/** In which syntax pixels go out, by the one they are stored in. */
class Forms {
  readonly #imaging: DoorContext['imaging'];
  readonly #wishes: readonly Wish[];
  readonly #known = new Map<string, TransferSyntax | undefined>();
  /** Whether values that are no pixels can be given: they are octets and nothing else. */
  readonly takesOctets: boolean;

  /** @throws WebError 406 when the client takes no multipart/related */
  constructor({ imaging }: DoorContext, request: WebRequest) {
    this.#imaging = imaging;
    this.#wishes = wishesOf(request.header('accept'), request.query.one('accept')).filter(
      ({ multipart }) => multipart !== false,
    );
    if (this.#wishes.length === 0) throw new WebError(406, 'SEVERAL_VALUES_NEED_MULTIPART');
    const native = explicitLittleEndian();
    this.takesOctets = this.#wishes.some((wish) => wantedSyntax(wish, native) === EXPLICIT_LITTLE_ENDIAN);
  }

  /** The syntax of the first wish that can be met (PS3.18 8.7.4); undefined when none can. */
  of({ transferSyntaxUID }: InstanceRecord): TransferSyntax | undefined {
    if (!this.#known.has(transferSyntaxUID))
      this.#known.set(transferSyntaxUID, this.#find(transferSyntaxUID));
    return this.#known.get(transferSyntaxUID);
  }

  #find(uid: string): TransferSyntax | undefined {
    const stored = transferSyntax(uid);
    if (!stored) return undefined;
    for (const wish of this.#wishes) {
      const wanted = wantedSyntax(wish, stored);
      if (wanted === undefined) continue;
      const isSame = wanted === uid || (isNative(stored) && wanted === EXPLICIT_LITTLE_ENDIAN);
      if (isSame || this.#imaging?.canTranscode(uid, wanted) === true) return transferSyntax(wanted);
    }
    return undefined;
  }
}

interface Asked {
  readonly view: View;
  readonly record: InstanceRecord;
  readonly header: LaidOut;
  readonly form: TransferSyntax;
  readonly takesOctets: boolean;
}

/** The parts of one instance. */
class InstanceParts {
  readonly #context: DoorContext;
  readonly #asked: Asked;
  readonly #url: string;

  constructor(context: DoorContext, asked: Asked) {
    this.#context = context;
    this.#asked = asked;
    this.#url = instanceURL(context.baseURL, asked.record);
  }

  async *of(what: What): AsyncGenerator<OpenPart> {
    const { header, takesOctets } = this.#asked;
    for (const path of what === 'bulkdata' ? linkedPaths(header) : pixelPaths(header)) {
      const found = elementAt(header.dataSet, path.split('/'));
      if (!found) continue;
      const isPixels = PIXEL_TAGS.includes(found.element.tag) && !path.includes('/');
      // Metadata links to native pixels as one value; compressed ones are frames for everybody.
      const inFrames =
        isPixels && (what === 'pixeldata' || !isNative(header.syntax) || !isNative(this.#asked.form));
      if (inFrames && this.#hasFrames(found.element)) yield* this.#frames();
      else if (found.element.fragments) yield* this.#stream(path, found);
      else if (takesOctets) yield this.#part(OCTET_STREAM, `bulkdata/${path}`, this.#valueBody(found));
    }
  }

  /** Frames that can be found one by one; a video is one stream. */
  #hasFrames(element: DataElement): boolean {
    const { view, record, header } = this.#asked;
    return element.fragments ? header.frames !== undefined : frameBody(view, record, header, 0) !== undefined;
  }

  async *#frames(): AsyncGenerator<OpenPart> {
    const { view, record, header, form } = this.#asked;
    const count = frameCount(header);
    const { imaging } = this.#context;
    const isAsStored = form.uid === header.syntax.uid || (isNative(form) && isNative(header.syntax));
    if (!isAsStored && imaging) {
      const indices = Array.from({ length: count }, (_, index) => index);
      const frames = await madeFrames(imaging.frames({ source: view, record }, header, indices, form.uid));
      if (frames) {
        let number = 1;
        for await (const bytes of frames)
          yield this.#part(typeOf(form), `frames/${number++}`, bytesBody(bytes));
        return;
      }
    }
    // One that turns out not to be decodable, with others on their way, comes as it is stored, and says so.
    for (let number = 1; number <= count; number++) {
      const body = frameBody(view, record, header, number - 1);
      if (body) yield this.#part(typeOf(header.syntax), `frames/${number}`, body);
    }
  }

  *#stream(path: string, found: Parameters<typeof bodyOf>[3]): Generator<OpenPart> {
    const { header, form } = this.#asked;
    if (form.uid !== header.syntax.uid) return;
    yield this.#part(typeOf(header.syntax), `bulkdata/${path}`, this.#valueBody(found));
  }

  #valueBody(found: Parameters<typeof bodyOf>[3]): OpenPart['body'] {
    const { view, record, header } = this.#asked;
    return bodyOf(view, record, header, found);
  }

  #part(type: string, place: string, body: OpenPart['body']): OpenPart {
    return { headers: { 'Content-Type': type, 'Content-Location': `${this.#url}/${place}` }, body };
  }
}

/** Undefined when the first cannot be decoded. */
async function madeFrames(
  frames: AsyncGenerator<Uint8Array>,
): Promise<AsyncGenerator<Uint8Array> | undefined> {
  try {
    return await begun(frames);
  } catch (error) {
    if (error instanceof ImagingError) return undefined;
    throw error;
  }
}

const typeOf = (syntax: TransferSyntax): string =>
  isNative(syntax)
    ? `${OCTET_STREAM}; transfer-syntax=${EXPLICIT_LITTLE_ENDIAN}`
    : `${mediaTypeOf(syntax)}; transfer-syntax=${syntax.uid}`;

/** Paths of all values that metadata has as links, in its order. */
function linkedPaths({ dataSet }: LaidOut): string[] {
  const paths: string[] = [];
  toDicomJson(dataSet, {
    bulkDataURI: (path) => {
      paths.push(path);
      return path;
    },
  });
  return paths;
}

function pixelPaths({ dataSet }: LaidOut): string[] {
  return PIXEL_TAGS.filter((tag) => dataSet.has(tag)).map(tagHex);
}
