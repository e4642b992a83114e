import type { Check } from '../check.ts';
import { associationFacts } from '../dimse-answers.ts';
import { ORDINARY_SUITES, TLS_1_2 } from '../tls-suites.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** In TLS 1.3 the request is encrypted; the alert that follows is what shows it (RFC 8446 6.2). */
function asksAfterwards(refusal: string): boolean {
  return /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|PEER_DID_NOT_RETURN/.test(refusal);
}

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) =>
    service.protocol === 'dicom-tls' || (service.protocol === 'tls' && service.isDicomPort),
  async ask(asker) {
    const association = await asker.associate(false);
    if (association.answer !== undefined)
      return exposed({ clientCertificate: 'none', ...associationFacts(association.answer) });
    const hello = await asker.hello({ version: TLS_1_2, suites: ORDINARY_SUITES });
    const facts = {
      refusal: association.refusal,
      asksForCertificate: hello.kind === 'hello' && hello.asksForCertificate,
    };
    if (facts.asksForCertificate || asksAfterwards(association.refusal)) return isProtected(facts);
    return inconclusive('NO_DICOM_ANSWER', 'TLS works, but DICOM behind it gave no answer', facts);
  },
};
