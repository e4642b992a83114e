import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D25',
  name: 'is-it-a-honeypot',
  group: 'DIMSE',
  question: 'Is it a trap and no archive?',
  title: 'The system is a honeypot or a fake',
  sends: 'Nothing of its own: a class and a transfer syntax that do not exist, in the first association.',
  proof: 'They are accepted, or the toolkit is one of known traps.',
  score: 0,
  references: [],
  fixes: [],
  why: 'Systems that pretend to be archives belong to researchers or to attackers. Their answers prove nothing and are not counted.',
  fix: 'If it is not your own trap, find out who runs it in your network.',
};
