import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X04',
  name: 'does-hl7-answer-strangers',
  group: 'neighbours',
  question: 'Does an HL7 interface answer strangers?',
  title: 'An HL7 interface takes messages of strangers',
  sends:
    'A connection only; where the scope asks for it, one well-formed network management query for the clock, marked as training, without a patient.',
  proof: 'An HL7 acknowledgement, positive or negative: the message of a stranger was processed.',
  score: 7.5,
  references: ['Hc', 'PR.AC-3'],
  fixes: ['F2'],
  why: 'HL7 over MLLP has no password: a stranger can admit, merge or rename patients, and place orders.',
  fix: 'Allow only the addresses of the known systems to this port, and put mutual TLS in front of it.',
};
