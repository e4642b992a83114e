import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Codes of a ProbeError that mean a refusal below DICOM: by TLS, or by ending the connection. */
const REFUSALS: readonly unknown[] = ['TLS_FAILED', 'RESET', 'CLOSED'];

function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !REFUSALS.includes(error.code)) return undefined;
  return error.code === 'TLS_FAILED' ? 'TLS' : 'connection';
}

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom || (service.protocol === 'tls' && service.isDicomPort),
  async ask(asker) {
    try {
      const answer = await asker.hello();
      if (answer.kind === 'closed') return isProtected(associationFacts(answer));
      return exposed({ ...associationFacts(answer), tls: asker.isTls }, { grants: ['A1'] });
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      return isProtected({ refusedBy: refused });
    }
  },
};
