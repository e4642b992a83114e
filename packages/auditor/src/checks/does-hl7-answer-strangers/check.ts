import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import { acknowledgement, clockQuery } from '../../protocols/mllp.ts';
import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { ProbeError } from '../../transport/index.ts';
import { meta } from './meta.ts';

/** Longest control id of HL7 2.5 (MSH-10). */
const CONTROL_ID_LENGTH = 20;

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'hl7',
  async ask(asker) {
    return converseWith(asker, 'HL7 interface', async (conversation) => {
      if (!asker.isOptedIn('hl7Message')) {
        return inconclusive('CONNECTED_ONLY', 'it takes connections; only a message would prove more');
      }
      const controlID = asker.freshUID().slice(-CONTROL_ID_LENGTH);
      const at = new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14);
      conversation.write(clockQuery(controlID, at));
      try {
        const answer = await new AnswerReader(conversation).next(acknowledgement);
        return exposed({ acknowledgement: answer });
      } catch (error) {
        // Engines with a list of senders hang up on everybody else.
        if (error instanceof ProbeError && ['CLOSED', 'RESET'].includes(error.code)) {
          return isProtected({ acknowledgement: 'none' });
        }
        throw error;
      }
    });
  },
};
