import type { HttpAnswer, HttpQuestion } from '../transport/index.ts';

/** Who keeps the objects, told by headers every answer of theirs carries. */
export type ObjectStore = 's3' | 'azure' | 'gcs';

export function objectStoreOf({ headers }: HttpAnswer): ObjectStore | undefined {
  if (headers.has('x-guploader-uploadid')) return 'gcs';
  if (headers.has('x-ms-request-id')) return 'azure';
  const isS3 = headers.has('x-amz-request-id') || /^(AmazonS3|MinIO)/i.test(headers.get('server') ?? '');
  return isS3 ? 's3' : undefined;
}

/** Longest start of a listing that is read to see what it is, bytes. */
const LISTING_START_BYTES = 1024;

/** A listing of nothing: no entries asked for, and a prefix that exists nowhere. */
export function emptyListing(store: ObjectStore, freshUID: string): HttpQuestion {
  const path =
    store === 'azure'
      ? `/$root?restype=container&comp=list&maxresults=1&prefix=${freshUID}`
      : `/?list-type=2&max-keys=0&prefix=${freshUID}`;
  return { method: 'GET', path, bodyMaxBytes: LISTING_START_BYTES };
}

/** Whether this is the listing of a bucket or container, by its root element. */
export function isListing({ status, body }: HttpAnswer): boolean {
  return status === 200 && /<(ListBucketResult|EnumerationResults)[\s>]/.test(body.toString('latin1'));
}
