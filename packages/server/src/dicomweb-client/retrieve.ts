import { type MediaType, parseMediaType } from '../http-media/media-type.ts';
import { MultipartReader, requireBoundary } from '../http-media/multipart-reader.ts';
import { pathStep } from './address.ts';
import { refusalOf, requireIdentity } from './answers.ts';
import { DicomwebError } from './client-error.ts';
import type { HttpConnection } from './http-connection.ts';

const DICOM = 'application/dicom';
/** As it is stored: bit for bit what it was (PS3.18 8.7.3.5.1). */
const AS_STORED = `multipart/related; type="${DICOM}"; transfer-syntax=*`;

/** Behind the last boundary nothing is meant to come (RFC 2046 5.1.1, epilogue). */
const EPILOGUE_MAX_BYTES = 64 * 1024;

export interface RetrieveTarget {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

/**
 * The files of a study, a series or an instance (PS3.18 10.4), one after the other as they come: each must be read to
 * its end before the next.
 * @param partsMax more than these end it
 * @throws DicomwebError
 */
export async function* retrieveFiles(
  connection: HttpConnection,
  target: RetrieveTarget,
  partsMax: number,
): AsyncGenerator<AsyncIterable<Buffer>> {
  const answer = await connection.ask({ method: 'GET', path: pathOf(target), accept: AS_STORED });
  if (answer.status !== 200) throw await refusalOf(answer);
  let isDone = false;
  try {
    requireIdentity(answer);
    const media = parseMediaType(answer.header('content-type') ?? '');
    // Some servers give a single instance without its wrapping.
    if (media?.type === DICOM) yield answer.pieces;
    else yield* filesOfParts(answer.pieces, media, partsMax);
    // What stands behind the last part is read too, so that the connection can be used again.
    let left = 0;
    for await (const piece of answer.pieces) {
      left += piece.length;
      if (left > EPILOGUE_MAX_BYTES) return;
    }
    isDone = true;
  } finally {
    if (!isDone) answer.close();
  }
}

async function* filesOfParts(
  pieces: AsyncIterable<Buffer>,
  media: MediaType | undefined,
  partsMax: number,
): AsyncGenerator<AsyncIterable<Buffer>> {
  if (media?.type !== 'multipart/related') throw invalid('NO_MULTIPART');
  const boundary = requireBoundary(media.parameters.get('boundary'), invalid);
  let count = 0;
  for await (const { headers, body } of new MultipartReader(pieces, boundary, invalid).parts()) {
    if (++count > partsMax) throw new DicomwebError('ANSWER_TOO_LONG', { detail: 'TOO_MANY_PARTS' });
    if (parseMediaType(headers.get('content-type') ?? DICOM)?.type !== DICOM) throw invalid('NO_DICOM_PART');
    yield body;
  }
}

const invalid = (detail: string): DicomwebError =>
  new DicomwebError(detail === 'MULTIPART_CUT_SHORT' ? 'CUT_SHORT' : 'ANSWER_INVALID', { detail });

function pathOf({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: RetrieveTarget): string {
  const study = `/studies/${pathStep(studyInstanceUID)}`;
  if (seriesInstanceUID === undefined) return study;
  const series = `${study}/series/${pathStep(seriesInstanceUID)}`;
  return sopInstanceUID === undefined ? series : `${series}/instances/${pathStep(sopInstanceUID)}`;
}
