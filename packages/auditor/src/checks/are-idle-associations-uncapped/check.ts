import type { Check } from '../check.ts';
import type { RawConversation } from '../../transport/index.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Rail of the catalogue: enough to see a cap, too few to fill a server. */
const SOCKETS = 8;
/** For caps that act when a connection has been silent for a moment. */
const HOLD_MS = 3_000;

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const sockets: RawConversation[] = [];
    try {
      for (let index = 0; index < SOCKETS; index++) {
        const purpose = `idle connection ${index + 1} of ${SOCKETS}`;
        sockets.push(await asker.converse(purpose, { beyondHostLimit: true, totalMs: 2 * HOLD_MS }));
      }
      const closed = await Promise.all(sockets.map((socket) => socket.waitForClose(HOLD_MS)));
      const open = closed.filter((isClosed) => !isClosed).length;
      const facts = { opened: SOCKETS, stillOpen: open, heldSeconds: HOLD_MS / 1_000 };
      return open === SOCKETS ? exposed(facts) : isProtected(facts);
    } finally {
      for (const socket of sockets) socket.close();
    }
  },
  isStressful: true,
};
