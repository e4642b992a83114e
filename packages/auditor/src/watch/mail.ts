import type { NodemailerError } from 'nodemailer';
import type { Message } from './alert.ts';
import { DELIVERY_TIMEOUT_MS } from './limits.ts';
import type { MailChannel } from './watch-config.ts';

/** How one try to deliver ended. A problem is a code or words of our own: what a server says is not repeated. */
export type Delivery =
  | { readonly isDelivered: true }
  | { readonly isDelivered: false; readonly problem: string; readonly isFinal: boolean };

/** Sends one mail by SMTP. TLS is checked against the host's name; a login never goes over a connection without it. */
export async function sendMail(
  channel: MailChannel,
  message: Message,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
): Promise<Delivery> {
  const { host, port, security, login, authority } = channel;
  // Loaded when the first mail is sent: every other command would wait for it a quarter of a second.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
    tls: { minVersion: 'TLSv1.2', ...(authority === undefined ? {} : { ca: authority }) },
    connectionTimeout: DELIVERY_TIMEOUT_MS,
    greetingTimeout: DELIVERY_TIMEOUT_MS,
    socketTimeout: DELIVERY_TIMEOUT_MS,
    dnsTimeout: DELIVERY_TIMEOUT_MS,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: { name: 'leadglass-auditor', address: channel.from },
      to: [...channel.to],
      subject: message.subject,
      text: message.text,
      // The same on every try, so that a mail that was taken and not acknowledged is recognised as the same.
      messageId: `<${id}@leadglass-auditor.invalid>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal,
    });
    return { isDelivered: true };
  } catch (error) {
    return { isDelivered: false, ...problemOf(error) };
  } finally {
    transport.close();
  }
}

function problemOf(error: unknown): { problem: string; isFinal: boolean } {
  const { code = 'UNKNOWN', responseCode } = error as Partial<NodemailerError>;
  const status = typeof responseCode === 'number' ? ` ${responseCode}` : '';
  // 5xx is a refusal for good (RFC 5321 4.2.1) of this mail; a login or a TLS that was refused can be mended.
  const isFinal =
    typeof responseCode === 'number' && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return { problem: `SMTP ${String(code).replace(/\W/g, '')}${status}`, isFinal };
}
