import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from './alert.ts';
import { deliverPending } from './deliver.ts';
import type { DeliveryOptions } from './deliver.ts';
import { History } from './history.ts';
import { ALERT_KEPT_MS, DELIVERY_TRIES_MAX } from './limits.ts';
import { Secret } from './secret.ts';
import { localhost, startMailSink, startWebhookSink } from './testing/sinks.ts';
import type { AnyChannel, MailChannel, WebhookChannel } from './watch-config.ts';
import { postWebhook } from './webhook.ts';

const folder = mkdtempSync(join(tmpdir(), 'leadglass-deliver-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const message: Message = {
  subject: '1 new at Clinic Ü',
  text: 'NEW (1)\n.a line with a dot\n',
  json: '{"a":"Ü"}',
};
const created = '2026-01-15T08:00:00.000Z';
const key = 'k'.repeat(32);
let history: History;
let lines: string[];
let count = 0;
beforeEach(() => {
  history = History.open(join(folder, `${count++}.sqlite`));
  lines = [];
});

const webhook = (port: number, different: Partial<WebhookChannel> = {}): WebhookChannel => ({
  kind: 'webhook',
  name: 'hook',
  audience: 'public',
  url: new URL(`https://localhost:${port}/path?token=deep`),
  key: new Secret(key),
  privateAddresses: ['127.0.0.1', '::1'],
  authority: localhost.cert,
  ...different,
});

const mail = (
  port: number,
  security: MailChannel['security'],
  different: Partial<MailChannel> = {},
): MailChannel => ({
  kind: 'mail',
  name: 'mail',
  audience: 'full',
  host: 'localhost',
  port,
  security,
  from: 'auditor@clinic.example',
  to: ['a@clinic.example', 'b@clinic.example'],
  login: { user: 'auditor', password: new Secret('hunter2') },
  authority: localhost.cert,
  ...different,
});

async function deliver(channel: AnyChannel, different: Partial<DeliveryOptions> = {}): Promise<void> {
  await deliverPending({
    history,
    channels: [channel],
    now: () => new Date(created),
    signal: new AbortController().signal,
    userAgent: 'leadglass-auditor/test',
    log: (line) => lines.push(line),
    backOffMs: 1,
    ...different,
  });
}

const add = (channel: string): void =>
  history.addAlerts([{ channel, created, message: JSON.stringify(message) }]);

describe('webhook', () => {
  test('posts the JSON once, signed over time and body, and is done', async () => {
    await using sink = await startWebhookSink();
    add('hook');
    await deliver(webhook(sink.port));
    await deliver(webhook(sink.port));
    expect(sink.posts).toHaveLength(1);
    const [{ headers, body, path } = { headers: {}, body: '', path: '' }] = sink.posts;
    expect([path, body, headers['content-type']]).toEqual([
      '/path?token=deep',
      message.json,
      'application/json',
    ]);
    const [, seconds = '', given] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-leadglass-signature'])) ?? [];
    expect(given).toBe(createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex'));
    expect(Number(seconds)).toBe(Date.parse(created) / 1_000);
    expect(history.pendingAlerts()).toEqual([]);
    expect(lines.join()).not.toMatch(/deep|kkk/);
  });

  test('tries again after 503 and 429, under the same name', async () => {
    await using sink = await startWebhookSink([503, 429]);
    add('hook');
    await deliver(webhook(sink.port));
    expect(sink.posts).toHaveLength(3);
    expect(new Set(sink.posts.map(({ headers }) => headers['x-leadglass-delivery'])).size).toBe(1);
    expect(history.pendingAlerts()).toEqual([]);
  });

  test('gives a round up after a bounded number of tries, keeps the alert, and asks a silent one no second time', async () => {
    await using sink = await startWebhookSink(Array<number>(50).fill(500));
    add('hook');
    add('hook');
    await deliver(webhook(sink.port));
    expect(sink.posts).toHaveLength(DELIVERY_TRIES_MAX);
    expect(history.pendingAlerts()).toMatchObject([{ tries: DELIVERY_TRIES_MAX }, { tries: 0 }]);
  });

  test('follows no redirect', async () => {
    await using other = await startWebhookSink();
    await using sink = await startWebhookSink([302], { Location: `https://localhost:${other.port}/` });
    add('hook');
    await deliver(webhook(sink.port));
    expect([sink.posts.length, other.posts.length]).toEqual([1, 0]);
    expect(history.pendingAlerts()).toEqual([]);
    expect(lines.join()).toContain('HTTP 302');
  });

  test('calls an address that is not public only when the configuration names it, whatever DNS says', async () => {
    await using sink = await startWebhookSink();
    const post = (channel: WebhookChannel, addresses: readonly string[]) =>
      postWebhook(channel, message, {
        id: 'x-1',
        now: new Date(),
        signal: new AbortController().signal,
        userAgent: 'test',
        resolve: async () => addresses,
      });
    const unnamed = webhook(sink.port, { privateAddresses: [] });
    const refused = { isDelivered: false, problem: 'ADDRESS_REFUSED', isFinal: true };
    for (const address of [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.1',
      '0.0.0.0',
    ]) {
      expect(await post(unnamed, [address]), address).toEqual(refused);
    }
    // One of several is enough to refuse: which is called must not be DNS's choice.
    expect(await post(unnamed, ['192.0.2.1', '127.0.0.1'])).toEqual(refused);
    expect(sink.posts).toEqual([]);
    expect(await post(webhook(sink.port), ['127.0.0.1'])).toEqual({ isDelivered: true });
    expect(await post(webhook(sink.port), [])).toMatchObject({ isDelivered: false, isFinal: false });
  });

  test('does not take a certificate that nobody vouches for', async () => {
    await using sink = await startWebhookSink();
    const { authority: _authority, ...channel } = webhook(sink.port);
    add('hook');
    await deliver(channel);
    expect(sink.posts).toEqual([]);
    expect(history.pendingAlerts()).toHaveLength(1);
  });
});

describe('mail', () => {
  test.each(['tls', 'starttls', 'none'] as const)('is sent with security = %j', async (security) => {
    await using sink = await startMailSink({ security });
    add('mail');
    await deliver(mail(sink.port, security));
    expect(sink.mails).toMatchObject([
      {
        from: 'auditor@clinic.example',
        to: ['a@clinic.example', 'b@clinic.example'],
        isEncrypted: security !== 'none',
        login: ['', 'auditor', 'hunter2'],
      },
    ]);
    const data = sink.mails[0]?.data ?? '';
    expect(data).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(data).toMatch(/^Subject: =\?UTF-8\?Q\?1_new_at_Clinic_=C3=9C\?=$/m);
    expect(data).toMatch(/^\.a line with a dot$/m);
    expect(history.pendingAlerts()).toEqual([]);
    expect(lines.join()).not.toContain('hunter2');
  });

  test('does not fall back to clear text when the server offers no STARTTLS', async () => {
    await using sink = await startMailSink({ security: 'none' });
    add('mail');
    await deliver(mail(sink.port, 'starttls'));
    expect(sink.mails).toEqual([]);
    expect(history.pendingAlerts()).toHaveLength(1);
    expect(lines.join()).toMatch(/SMTP E\w+.*tried again later/);
  });

  test('tries again after 450, gives up after 550', async () => {
    await using busy = await startMailSink({ recipientStatus: 450 });
    add('mail');
    await deliver(mail(busy.port, 'none'));
    expect(history.pendingAlerts()).toMatchObject([{ tries: DELIVERY_TRIES_MAX }]);
    await using unknown = await startMailSink({ recipientStatus: 550 });
    await deliver(mail(unknown.port, 'none'));
    expect(history.pendingAlerts()).toEqual([]);
  });
});

describe('what nobody waits for any more', () => {
  test('an alert for a channel that is configured no longer, or a week old, is given up', async () => {
    await using sink = await startWebhookSink();
    add('another');
    add('hook');
    const later = new Date(Date.parse(created) + ALERT_KEPT_MS + 1);
    await deliver(webhook(sink.port), { now: () => later });
    expect(history.pendingAlerts()).toEqual([]);
    expect(sink.posts).toEqual([]);
  });

  test('a stop ends the waiting at once, and the alert is kept', async () => {
    await using sink = await startWebhookSink(Array<number>(50).fill(500));
    add('hook');
    const stop = new AbortController();
    const began = performance.now();
    setTimeout(() => stop.abort(), 200);
    await deliver(webhook(sink.port), { signal: stop.signal, backOffMs: 60_000 });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(history.pendingAlerts()).toHaveLength(1);
  });
});
