import { AuditTrailError } from './errors.ts';
import { readHead } from './head.ts';
import { CHAIN_LENGTH, TrailSealer } from './sealing.ts';

/**
 * A place of the trail that somebody noted outside the data folder: on paper, in a mail, on another machine. Whoever
 * puts the whole folder back to an older copy cannot change that. It tells how many entries there are, and nothing
 * else: the chain is a keyed hash.
 */
export interface NotedHead {
  readonly sequence: number;
  readonly chain: Uint8Array;
}

/** The head of a trail as it is on the disk now, for noting. @throws AuditTrailError HEAD_MISSING, HEAD_UNREADABLE */
export function readNotedHead(options: { readonly folder: string; readonly key: Uint8Array }): NotedHead {
  const { sequence, chain } = readHead(options.folder, new TrailSealer(options.key).headKey);
  return { sequence, chain };
}

/** One word that is easily copied: the number of entries, a colon, the chain in hexadecimal. */
export function formatNotedHead({ sequence, chain }: NotedHead): string {
  return `${sequence}:${Buffer.from(chain).toString('hex')}`;
}

/** @throws AuditTrailError NOTED_HEAD_UNREADABLE */
export function parseNotedHead(text: string): NotedHead {
  const match = /^(\d{1,15}):([0-9a-f]+)$/i.exec(text.trim());
  const chain = Buffer.from(match?.[2] ?? '', 'hex');
  if (!match || chain.length !== CHAIN_LENGTH) {
    throw new AuditTrailError(
      'NOTED_HEAD_UNREADABLE',
      'a noted head is a number, a colon and 64 hexadecimal digits, as `leadglass trail head` prints it',
    );
  }
  return { sequence: Number(match[1]), chain };
}
