import type { Check } from '../check.ts';
import { certificateOfService } from '../tls-certificate.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'tls'> = {
  kind: 'tls',
  meta,
  matches: (service) => service.speaksTls,
  async ask(asker) {
    const certificate = await certificateOfService(asker);
    if (certificate === undefined)
      return inconclusive('NO_CERTIFICATE', 'the handshake showed no certificate');
    const now = Date.now();
    const { hostName } = asker;
    const facts = {
      isExpired: Date.parse(certificate.validTo) < now,
      isNotYetValid: Date.parse(certificate.validFrom) > now,
      isSelfSigned: certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey),
      isForAnotherName: hostName !== undefined && certificate.checkHost(hostName) === undefined,
      daysLeft: Math.floor((Date.parse(certificate.validTo) - now) / 86_400_000),
    };
    const isWrong = facts.isExpired || facts.isNotYetValid || facts.isSelfSigned || facts.isForAnotherName;
    return isWrong ? exposed(facts) : isProtected(facts);
  },
};
