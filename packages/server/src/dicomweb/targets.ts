import type { InstanceRecord, ViewTarget } from '../operations/index.ts';
import type { WebRequest } from './web-request.ts';

/** What the path names. @throws WebError 400 */
export function targetOf(request: WebRequest): ViewTarget {
  return {
    studyInstanceUID: request.uid('study'),
    ...(request.parameter('series') === undefined ? {} : { seriesInstanceUID: request.uid('series') }),
    ...(request.parameter('instance') === undefined ? {} : { sopInstanceUID: request.uid('instance') }),
  };
}

export function instanceURL(baseURL: string, record: InstanceRecord): string {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = record;
  return `${baseURL}/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`;
}
