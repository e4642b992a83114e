import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { RecordPlace } from './format.ts';
import { PackFiles, readErrorCodeOf } from './pack-files.ts';
import type { FillRequest, ReadReply, ReadRequest } from './pack-reader.ts';

/** What is decrypted is handed over when it is so much: whoever asked sends it while the rest is decrypted. */
const REPLY_BYTES = 128 * 1024;
/** Less than this goes with what comes before it: a message costs as much as decrypting it. */
const REST_MIN_BYTES = 32 * 1024;

function answer(files: PackFiles, id: number, place: RecordPlace, key: Uint8Array): ReadReply {
  try {
    return { id, buffer: files.read(place, key).buffer as ArrayBuffer };
  } catch (error) {
    return { id, errorCode: readErrorCodeOf(error) };
  }
}

/** All of it in one message, in the memory that came with the question. */
function fill(files: PackFiles, { id, parts, key, memory, at }: FillRequest): ReadReply {
  let next = at;
  for (const part of parts) {
    try {
      files.readInto(part, key, new Uint8Array(memory, next));
    } catch (error) {
      return { id, errorCode: readErrorCodeOf(error), place: part.place };
    }
    next += part.to - part.from;
  }
  return { id, buffer: memory };
}

function answerAll(files: PackFiles, all: readonly (ReadRequest | FillRequest)[], port: MessagePort): void {
  for (const request of all) if ('memory' in request) post([fill(files, request)], port);
  const requests = all.filter((request) => 'places' in request);
  const asked = requests.flatMap(({ id, places, key }) =>
    places.map((place, index) => ({ id: id + index, place, key })),
  );
  let leftBytes = asked.reduce((sum, { place }) => sum + place.payloadLength, 0);
  let bytes = 0;
  let replies: ReadReply[] = [];
  for (const { id, place, key } of asked) {
    replies.push(answer(files, id, place, key));
    bytes += place.payloadLength;
    leftBytes -= place.payloadLength;
    if (bytes < REPLY_BYTES || leftBytes < REST_MIN_BYTES) continue;
    post(replies, port);
    replies = [];
    bytes = 0;
  }
  if (replies.length > 0) post(replies, port);
}

function post(replies: readonly ReadReply[], port: MessagePort): void {
  port.postMessage(
    replies,
    replies.flatMap((reply) => ('buffer' in reply ? [reply.buffer] : [])),
  );
}

if (parentPort) {
  const port = parentPort;
  const files = new PackFiles(workerData as string);
  port.on('message', (requests: (ReadRequest | FillRequest)[]) => answerAll(files, requests, port));
}
