import type { AccessClass, Evidence, SystemCounts } from '../findings/index.ts';
import type { Signs } from '../products/index.ts';
import type { Verdict } from './check.ts';

interface Extra {
  readonly grants?: readonly AccessClass[];
  readonly counts?: SystemCounts;
  readonly signs?: Signs;
}

/** The hole is there, and this proves it. */
export function exposed(evidence: Evidence, extra: Extra = {}): Verdict {
  return { outcome: 'exposed', evidence, ...extra };
}

/** The question was asked and refused. */
export function isProtected(evidence: Evidence = {}): Verdict {
  return { outcome: 'protected', evidence };
}

/** The question makes no sense for this system. */
export function notApplicable(code: string, words: string, evidence: Evidence = {}): Verdict {
  return { outcome: 'notApplicable', reason: `${code}: ${words}`, evidence };
}

/** Asked, and the answer proves neither. Unknown is not safe. */
export function inconclusive(code: string, words: string, evidence: Evidence = {}): Verdict {
  return { outcome: 'inconclusive', reason: `${code}: ${words}`, evidence };
}
