import { AwsClient } from 'aws4fetch';
import { XMLParser } from 'fast-xml-parser';
import type { S3Access } from './s3-access.ts';
import { ContainerError } from './container-error.ts';
import { s3ListingMaxBytes, s3PageCountMax, s3PageSize, s3TimeoutMs } from './limits.ts';

export interface S3Object {
  readonly key: string;
  readonly sizeBytes: number;
}

export type Fetch = (request: Request) => Promise<Response>;

/** Reads a bucket: lists, and gets ranges of objects. It has no other verb. */
export class S3Store {
  readonly #access: S3Access;
  readonly #client: AwsClient;
  readonly #fetch: Fetch;

  constructor(access: S3Access, fetchWith: Fetch = fetch) {
    this.#access = access;
    const { accessKeyId, secretAccessKey, sessionToken, region } = access;
    this.#client = new AwsClient({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      region,
      service: 's3',
    });
    this.#fetch = fetchWith;
  }

  /** All objects below the prefix, page by page. @throws ContainerError with the reason */
  async *objects(): AsyncGenerator<S3Object> {
    let token: string | undefined;
    for (let page = 0; page < s3PageCountMax; page++) {
      const query = new URLSearchParams({ 'list-type': '2', 'max-keys': String(s3PageSize) });
      if (this.#access.prefix !== '') query.set('prefix', this.#access.prefix);
      if (token !== undefined) query.set('continuation-token', token);
      const response = await this.#get(`${this.#base()}/?${query.toString()}`);
      const listing = parseListing(await boundedText(response));
      yield* listing.objects;
      if (listing.nextToken === undefined || listing.nextToken === token) return;
      token = listing.nextToken;
    }
    throw new ContainerError('S3_TOO_MANY_PAGES');
  }

  /** Bytes of an object, in ranges that grow: most files need only the first. */
  async *bytes(key: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
    let wanted = firstRangeBytes;
    for (let at = 0; at < sizeBytes;) {
      const end = Math.min(at + wanted, sizeBytes);
      const url = `${this.#base()}/${key.split('/').map(encodeKeyPart).join('/')}`;
      const response = await this.#get(url, { range: `bytes=${at}-${end - 1}` });
      const piece = await boundedBytes(response, end - at);
      // A store that ignores ranges would send the same again and again.
      if (piece.length === 0 || (response.status !== 206 && at > 0)) return;
      yield piece;
      at += piece.length;
      wanted = furtherRangeBytes;
    }
  }

  #base(): string {
    const { endpoint, bucket, region } = this.#access;
    return endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint}/${bucket}`;
  }

  async #get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    const request = await this.#client.sign(url, { method: 'GET', headers });
    const bounded = new Request(request, { redirect: 'error', signal: AbortSignal.timeout(s3TimeoutMs) });
    let response: Response;
    try {
      response = await this.#fetch(bounded);
    } catch {
      // The error's text holds the URL, and with it the key.
      throw new ContainerError('S3_UNREACHABLE');
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new ContainerError(`S3_STATUS_${response.status}`);
    }
    return response;
  }
}

const firstRangeBytes = 64 * 1024;
const furtherRangeBytes = 1024 * 1024;

/** Everything but the unreserved characters of RFC 3986, as S3 signs it. */
function encodeKeyPart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function boundedText(response: Response): Promise<string> {
  return new TextDecoder().decode(await boundedBytes(response, s3ListingMaxBytes));
}

async function boundedBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    length += piece.length;
    // Leaving the loop cancels the body.
    if (length >= maxBytes) break;
  }
  return new Uint8Array(Buffer.concat(pieces)).subarray(0, maxBytes);
}

interface Listing {
  readonly objects: readonly S3Object[];
  readonly nextToken: string | undefined;
}

/** ListBucketResult of the second version of the listing. */
function parseListing(xml: string): Listing {
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    processEntities: true,
    isArray: (name) => name === 'Contents',
  });
  const parsed = asRecord(parser.parse(xml));
  const result = asRecord(parsed.ListBucketResult);
  const contents = Array.isArray(result.Contents) ? result.Contents : [];
  const objects = contents.slice(0, s3PageSize).flatMap((one: unknown) => {
    const { Key: key, Size: size } = asRecord(one);
    const sizeBytes = Number(size);
    const isObject = typeof key === 'string' && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0;
    return isObject && !key.endsWith('/') ? [{ key, sizeBytes }] : [];
  });
  const next = result.NextContinuationToken;
  const more = result.IsTruncated === 'true' && typeof next === 'string';
  return { objects, nextToken: more ? next : undefined };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
