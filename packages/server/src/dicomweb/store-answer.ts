import type { Answer } from './answer.ts';
import { dicomXML } from './dicom-xml.ts';
import { covers, wishesOf } from './media-type.ts';
import type { StoreReport } from './store-report.ts';
import type { WebRequest } from './web-request.ts';

/** Sends the report as the client takes it; a store that was done is never answered 406. */
export function sendReport(request: WebRequest, answer: Answer, report: StoreReport): void {
  const { status } = report;
  const json = report.toDicomJson();
  const { brokenOff } = report;
  const headers = {
    'Cache-Control': 'no-store',
    ...(brokenOff ? { Warning: `299 leadglass "${brokenOff.code}"` } : {}),
  };
  if (takesOnlyXML(request)) {
    answer.send(status, { ...headers, 'Content-Type': 'application/dicom+xml' }, dicomXML(json));
  } else answer.json(status, json, headers, 'application/dicom+json');
}

function takesOnlyXML(request: WebRequest): boolean {
  try {
    const [first] = wishesOf(request.header('accept'), request.query.one('accept'));
    return first !== undefined && first.type !== '*/*' && covers(first.type, 'application/dicom+xml');
  } catch {
    return false;
  }
}
