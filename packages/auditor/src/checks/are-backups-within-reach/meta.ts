import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'G03',
  name: 'are-backups-within-reach',
  group: 'governance',
  question: 'Are backups within reach of an attacker, or never restored?',
  title: 'Backups are within reach of an attacker or were never tested',
  sends: 'Nothing: the operator is asked (scope, [attestations]).',
  proof: 'The operator says that no copy is out of reach of the archive, or that restoring was never tried.',
  score: 0,
  references: ['N(c)', 'G32'],
  fixes: ['F8'],
  optIn: 'attestation',
  why: 'Whoever encrypts the archive encrypts a backup within reach too, and a backup nobody restored may hold nothing.',
  fix: 'Keep one copy offline or unchangeable, and restore a part of it every quarter against the clock.',
};
