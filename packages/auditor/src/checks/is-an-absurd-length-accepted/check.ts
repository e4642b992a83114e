import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** A-ASSOCIATE-RQ, reserved byte, length 2^31 (PS3.8 9.3.1). */
const ABSURD_HEADER = Buffer.from('010080000000', 'hex');
/** A server that judges the header does so at once. */
const WAIT_MS = 5_000;

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const socket = await asker.converseSecured('header of a PDU of 2 GiB', { totalMs: 2 * WAIT_MS });
    try {
      socket.write(ABSURD_HEADER);
      const isClosed = await socket.waitForClose(WAIT_MS);
      return isClosed
        ? isProtected({ closed: true })
        : exposed({ announcedBytes: 2 ** 31, heldOpenSeconds: WAIT_MS / 1_000 });
    } finally {
      socket.close();
    }
  },
  isStressful: true,
};
