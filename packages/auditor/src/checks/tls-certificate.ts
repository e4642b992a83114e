import type { X509Certificate } from 'node:crypto';
import type { TlsAsker } from '../transport/index.ts';
import { ORDINARY_SUITES, TLS_1_2 } from './tls-suites.ts';

/** The certificate of a service: from a whole handshake, or from the clear part of one that was refused. */
export async function certificateOfService(asker: TlsAsker): Promise<X509Certificate | undefined> {
  const handshake = await asker.handshake();
  if (handshake.certificate !== undefined) return handshake.certificate;
  const hello = await asker.hello({ version: TLS_1_2, suites: ORDINARY_SUITES });
  return hello.kind === 'hello' ? hello.certificates[0] : undefined;
}
