/** How to read a bucket. Plain data: workers get a copy. */
export interface S3Access {
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  /** For stores other than Amazon's; the bucket is then the first part of the path. */
  readonly endpoint: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** Names of environment variables that every tool for S3 reads. */
export interface S3Environment {
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
  readonly AWS_SESSION_TOKEN?: string | undefined;
  readonly AWS_REGION?: string | undefined;
  readonly AWS_DEFAULT_REGION?: string | undefined;
  readonly AWS_ENDPOINT_URL?: string | undefined;
}

/**
 * 's3://bucket/prefix' with credentials from the environment.
 * @throws RangeError naming what lacks; never a credential
 */
export function s3Access(url: string, environment: S3Environment, endpoint?: string): S3Access {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket === undefined) throw new RangeError('give a bucket as s3://BUCKET or s3://BUCKET/PREFIX');
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new RangeError(
      'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys that may list and read the bucket',
    );
  }
  const base = endpoint ?? environment.AWS_ENDPOINT_URL;
  if (base !== undefined) checkEndpoint(base);
  return {
    bucket,
    prefix,
    region: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1',
    endpoint: base?.replace(/\/+$/, ''),
    accessKeyId,
    secretAccessKey,
    sessionToken: environment.AWS_SESSION_TOKEN,
  };
}

/** Images go over the wire: TLS, or this machine. */
function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isLocal = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return;
  throw new RangeError('the endpoint must be an https:// URL; http:// only on this machine');
}
