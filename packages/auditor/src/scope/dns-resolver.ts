import { Resolver as Dns, lookup } from 'node:dns/promises';
import type { Resolver } from './pin-scope.ts';

/** Longest wait for one DNS answer, milliseconds. */
const DNS_TIMEOUT_MS = 5_000;

/** The machine's own DNS: names as the operating system sees them, TXT records from its resolvers. */
export function systemResolver(): Resolver {
  const dns = new Dns({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  return {
    addresses: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
    texts: async (name) => (await dns.resolveTxt(name)).map((parts) => parts.join('')),
  };
}
