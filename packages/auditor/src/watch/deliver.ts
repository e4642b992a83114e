import { setTimeout as sleep } from 'node:timers/promises';
import { messageSchema } from './alert.ts';
import type { History, PendingAlert } from './history.ts';
import { ALERT_KEPT_MS, DELIVERY_BACK_OFF_MS, DELIVERY_TRIES_MAX } from './limits.ts';
import { sendMail } from './mail.ts';
import type { Delivery } from './mail.ts';
import type { AnyChannel } from './watch-config.ts';
import { postWebhook } from './webhook.ts';

export interface DeliveryOptions {
  readonly history: History;
  readonly channels: readonly AnyChannel[];
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly userAgent: string;
  readonly log: (line: string) => void;
  /** Default 2 s; doubles after each try. */
  readonly backOffMs?: number;
}

/**
 * Sends the alerts that wait. What is not delivered stays in the history and is sent the next time: an alert may
 * arrive twice, under the same id, and is not lost. Never throws for what a recipient does.
 */
export async function deliverPending(options: DeliveryOptions): Promise<void> {
  const { history, channels, now, signal, log } = options;
  const silent = new Set<string>();
  for (const alert of history.pendingAlerts()) {
    const channel = channels.find(({ name }) => name === alert.channel);
    if (channel === undefined || now().getTime() - Date.parse(alert.created) > ALERT_KEPT_MS) {
      const problem = channel === undefined ? 'the channel is not configured any more' : 'too old';
      history.noteDelivery(alert.id, 'given-up', problem);
      log(`alert ${alert.id}: given up, ${problem}`);
      continue;
    }
    // A recipient that did not answer the alert before will not answer this one: one round of waiting is enough.
    if (silent.has(channel.name) || signal.aborted) continue;
    if (!(await deliver(alert, channel, options))) silent.add(channel.name);
  }
}

async function deliver(alert: PendingAlert, channel: AnyChannel, options: DeliveryOptions): Promise<boolean> {
  const { history, signal, log, backOffMs = DELIVERY_BACK_OFF_MS } = options;
  const where = channel.kind === 'mail' ? `mail by ${channel.host}` : `webhook ${channel.url.host}`;
  for (let tries = 1; ; tries++) {
    const delivery = await attempt(alert, channel, options);
    if (signal.aborted && !delivery.isDelivered) return false;
    if (delivery.isDelivered) {
      history.noteDelivery(alert.id, 'delivered');
      log(`alert ${alert.id}: ${where} took it`);
      return true;
    }
    const { problem, isFinal } = delivery;
    history.noteDelivery(alert.id, isFinal ? 'given-up' : 'pending', problem);
    if (isFinal || tries === DELIVERY_TRIES_MAX) {
      log(`alert ${alert.id}: ${where} failed (${problem}), ${isFinal ? 'given up' : 'tried again later'}`);
      return false;
    }
    await sleep(backOffMs * 2 ** (tries - 1), undefined, { signal }).catch(() => {});
    if (signal.aborted) return false;
  }
}

function attempt(
  alert: PendingAlert,
  channel: AnyChannel,
  { history, now, signal, userAgent }: DeliveryOptions,
): Promise<Delivery> {
  const message = messageSchema.parse(JSON.parse(alert.message));
  const id = `${history.deliveryPrefix()}-${alert.id}`;
  return channel.kind === 'mail'
    ? sendMail(channel, message, { id, signal })
    : postWebhook(channel, message, { id, now: now(), signal, userAgent });
}
