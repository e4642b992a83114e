import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { addressKind, parseAddress } from '../scope/index.ts';
import type { Message } from './alert.ts';
import { DELIVERY_TIMEOUT_MS, WEBHOOK_ANSWER_MAX_BYTES } from './limits.ts';
import type { Delivery } from './mail.ts';
import type { WebhookChannel } from './watch-config.ts';
import { WatchError } from './watch-error.ts';

export interface WebhookPorts {
  /** Names the delivery; the same on every try. */
  readonly id: string;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly userAgent: string;
  /** All addresses of a name. Default: the machine's own DNS. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/**
 * Posts one alert. Redirects are not followed: an alert goes where the configuration says. The addresses are
 * judged before the connection is made, and the connection goes to one of these.
 */
export async function postWebhook(
  channel: WebhookChannel,
  message: Message,
  ports: WebhookPorts,
): Promise<Delivery> {
  try {
    const addresses = await addressesOf(channel, ports.resolve ?? systemAddresses);
    const status = await post(channel, message.json, addresses, ports);
    if (status >= 200 && status < 300) return { isDelivered: true };
    // Too busy, too many, too slow, or broken for now (RFC 9110 15.5.9, 15.6; RFC 6585 4).
    const isFinal = status < 500 && status !== 408 && status !== 425 && status !== 429;
    return { isDelivered: false, problem: `HTTP ${status}`, isFinal };
  } catch (error) {
    if (error instanceof WatchError) return { isDelivered: false, problem: error.code, isFinal: true };
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'NO_ANSWER';
    return { isDelivered: false, problem: code.replace(/\W/g, ''), isFinal: false };
  }
}

async function systemAddresses(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** The addresses of the host, if all of them may be called. @throws WatchError ADDRESS_REFUSED */
async function addressesOf(
  { url, privateAddresses }: WebhookChannel,
  resolve: (name: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An address written into the URL is named by the configuration as it is.
  if (isIP(host) !== 0) return [host];
  const addresses = await resolve(host);
  if (addresses.length === 0) throw new Error('no address');
  for (const text of addresses) {
    const address = parseAddress(text);
    const isPublic = address !== undefined && addressKind(address) === 'public';
    if (isPublic || privateAddresses.includes(text)) continue;
    throw new WatchError('ADDRESS_REFUSED', 'the name leads to an address that is not public and not named');
  }
  return addresses;
}

/**
 * `t=SECONDS,v1=HEX`: HMAC-SHA256 of the time, a full stop and the body. Whoever receives it refuses old times, so that
 * an alert cannot be sent again by somebody else.
 */
export function signatureOf(body: string, key: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
}

function post(
  { url, key, authority }: WebhookChannel,
  body: string,
  addresses: readonly string[],
  { id, now, signal, userAgent }: WebhookPorts,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const known = addresses.map((address) => ({ address, family: isIP(address) }));
    const sent = request(
      url,
      {
        method: 'POST',
        agent: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]),
        minVersion: 'TLSv1.2',
        ...(authority === undefined ? {} : { ca: authority }),
        lookup: (_name, options, done) => {
          const [first] = known;
          if (options.all === true) done(null, known);
          else done(null, first?.address ?? '', first?.family);
        },
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': userAgent,
          'X-Leadglass-Delivery': id,
          ...(key === undefined ? {} : { 'X-Leadglass-Signature': signatureOf(body, key.reveal(), now) }),
        },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        let length = 0;
        response.on('data', (bytes: Buffer) => {
          length += bytes.length;
          if (length > WEBHOOK_ANSWER_MAX_BYTES) response.destroy();
        });
        response.once('close', () => resolve(status));
        response.on('error', () => {});
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
