import { randomBytes } from 'node:crypto';
import { converseWith } from '../../protocols/converse.ts';
import type { Stranger } from '../../protocols/ntlm.ts';
import { SmbSession, speaksSmb1 } from '../../protocols/smb.ts';
import { ProbeError } from '../../transport/index.ts';
import type { SocketAsker } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  // Port 139 wants a NetBIOS session first, and whoever has it has 445 too.
  matches: (service) => service.protocol === 'smb' && service.port !== 139,
  async ask(asker) {
    const nobody = await logOn(asker, 'null');
    const guest = await logOn(asker, 'guest');
    const isVersion1 = await answersVersion1(asker);
    const evidence = {
      dialect: `0x${nobody.dialect.toString(16).padStart(4, '0')}`,
      nullSession: nobody.isIn,
      guestSession: guest.isGuest,
      ...(nobody.disks === undefined ? {} : { sharesListedToNobody: nobody.disks }),
      ...(guest.disks === undefined ? {} : { sharesListedToGuest: guest.disks }),
      smbVersion1: isVersion1,
    };
    const isOpen = guest.isGuest || (nobody.disks ?? 0) > 0;
    if (isOpen) return exposed(evidence, guest.isGuest ? { grants: ['S'] } : {});
    return isVersion1 ? exposed(evidence) : isProtected(evidence);
  },
};

interface LogOn {
  readonly dialect: number;
  readonly isIn: boolean;
  readonly isGuest: boolean;
  /** Disk shares that were listed. */
  readonly disks?: number;
}

function logOn(asker: SocketAsker, stranger: Stranger): Promise<LogOn> {
  return converseWith(asker, `SMB session of ${stranger}`, async (conversation) => {
    const session = new SmbSession(conversation);
    const dialect = await session.negotiate();
    const { status, isGuest } = await session.logOn(stranger, randomBytes(8));
    if (status !== 0) return { dialect, isIn: false, isGuest: false };
    const counted = await session.countShares(asker.address);
    return { dialect, isIn: true, isGuest, ...(counted === undefined ? {} : { disks: counted.disks }) };
  });
}

/** Most servers end the connection instead of answering version 1. */
async function answersVersion1(asker: SocketAsker): Promise<boolean> {
  try {
    return await converseWith(asker, 'SMBv1 negotiation', speaksSmb1);
  } catch (error) {
    if (error instanceof ProbeError && ['CLOSED', 'RESET'].includes(error.code)) return false;
    throw error;
  }
}
