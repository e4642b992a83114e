import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Header of an A-ASSOCIATE-RQ of 200 bytes, and 34 bytes of it (PS3.8 Table 9-11). */
const HALF_REQUEST = Buffer.concat([
  Buffer.from('0100000000c800010000', 'hex'),
  Buffer.from('HALF-A-REQUEST  EXPOAUDIT       ', 'latin1'),
]);

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const waitSeconds = asker.rates.halfPduWaitSeconds;
    if (waitSeconds === 0) return notApplicable('NOT_ASKED_FOR', 'the scope leaves this wait out');
    const waitMs = waitSeconds * 1_000;
    const socket = await asker.converseSecured('half an A-ASSOCIATE-RQ', { totalMs: waitMs + 10_000 });
    try {
      const since = performance.now();
      socket.write(HALF_REQUEST);
      const isClosed = await socket.waitForClose(waitMs);
      const seconds = Math.round((performance.now() - since) / 1_000);
      return isClosed ? isProtected({ closedAfterSeconds: seconds }) : exposed({ heldOpenSeconds: seconds });
    } finally {
      socket.close();
    }
  },
  isStressful: true,
};
