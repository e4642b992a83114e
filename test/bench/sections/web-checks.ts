import { gunzipSync } from 'node:zlib';
import { readPart10, Tag } from '@leadglass/dicom';
import { partsOf } from '../../support/web-client.ts';
import { askOf } from '../client/fetch.ts';
import type { FetchRequest, WebTarget } from '../client/jobs.ts';
import { Http2Client, RawHttp, type WebAnswer, type WebConnection } from '../client/raw-http.ts';
import type { RunningPeer } from '../peers/peer.ts';

const START_TIMEOUT_MS = 60_000;
const TRY_EVERY_MS = 20;

/** Looks at an answer. @throws Error that says what is wrong with it */
export type Check = (answer: WebAnswer) => void;

/** @throws Error when the peer has no DICOMweb */
export function webOf({ peer, web }: RunningPeer): WebTarget {
  if (web === undefined) throw new Error(`${peer.label} speaks no DICOMweb`);
  return web;
}

/** Resolves when a peer answers over the web: some listen there later than for DICOM. */
export async function webAnswers(running: RunningPeer): Promise<void> {
  const web = webOf(running);
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const connection = await RawHttp.open(web);
      await connection.ask({ path: `${web.base}/studies?limit=1`, headers: { Accept: '*/*' } });
      await connection.release();
      return;
    } catch (error) {
      if (!running.process.isRunning || performance.now() > deadline) {
        const end = running.process.logEnd();
        throw new Error(`${running.peer.label} does not answer over the web:\n${end}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
    }
  }
}

/** Asks for everything once and looks at each byte; what comes back knows how many bytes there must be later. */
export async function checkedOnce(
  running: RunningPeer,
  requests: readonly FetchRequest[],
  check: (request: FetchRequest, index: number) => Check,
): Promise<FetchRequest[]> {
  const web = webOf(running);
  const connection: WebConnection =
    web.protocol === 'HTTP/2' ? await Http2Client.open(web) : await RawHttp.open(web);
  const checked: FetchRequest[] = [];
  try {
    for (const [index, request] of requests.entries()) {
      const answer = await connection.ask({ ...askOf(request), keepsBody: true });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      check(request, index)(answer);
      checked.push({ ...request, bytes: answer.bytes });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const path = requests[checked.length]?.path ?? '';
    throw new Error(`${running.peer.label}, ${path}: ${reason}`, { cause: error });
  } finally {
    await connection.release();
  }
  return checked;
}

function bodiesOf(answer: WebAnswer): Buffer[] {
  const headers = Object.fromEntries(answer.headers);
  const bodies = partsOf({ status: answer.status, headers, body: answer.body }).map(({ body }) => body);
  if (bodies.length === 0) throw new Error('no parts');
  return bodies;
}

/** One part, these bytes. */
export function frameIs(pixels: Uint8Array): Check {
  return (answer) => {
    const [frame, ...others] = bodiesOf(answer);
    if (others.length > 0 || frame === undefined || !frame.equals(pixels)) throw new Error('other pixels');
  };
}

/** Files of exactly these instances, each with these pixels. */
export function filesAre(sopInstanceUIDs: readonly string[], pixels: Uint8Array): Check {
  return (answer) => {
    const missing = new Set(sopInstanceUIDs);
    for (const file of bodiesOf(answer)) {
      const { dataSet } = readPart10(new Uint8Array(file));
      if (!missing.delete(dataSet.string(Tag.SOPInstanceUID) ?? ''))
        throw new Error('an instance nobody asked for');
      if (!Buffer.from(dataSet.bytes(Tag.PixelData) ?? []).equals(pixels)) throw new Error('other pixels');
    }
    if (missing.size > 0) throw new Error(`${missing.size} instances are missing`);
  };
}

/** DICOM JSON of exactly these instances, with what describes their pixels. */
export function metadataIsOf(sopInstanceUIDs: readonly string[]): Check {
  return ({ body, headers }) => {
    const json = headers.get('content-encoding') === 'gzip' ? gunzipSync(body) : body;
    const list = JSON.parse(json.toString('utf8')) as Record<string, { Value?: unknown[] } | undefined>[];
    const missing = new Set(sopInstanceUIDs);
    for (const instance of list) {
      if (!missing.delete(String(instance['00080018']?.Value?.[0]))) throw new Error('another instance');
      for (const tag of ['00280010', '00280011', '00280100', '00100020'])
        if (instance[tag]?.Value?.[0] === undefined) throw new Error(`${tag} is missing`);
    }
    if (missing.size > 0) throw new Error(`${missing.size} instances are missing`);
  };
}
