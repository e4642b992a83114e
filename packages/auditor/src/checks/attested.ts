import type { AttestationKey } from '../scope/index.ts';
import type { AttestationAsker, Service, Verdict } from './check.ts';
import { exposed, inconclusive, isProtected } from './verdicts.ts';
import { isWebDoor } from './web-doors.ts';

/** The first service of a system that speaks DICOM or has a web door: a system is asked about once. */
export function isFirstDoor(service: Service): boolean {
  return service.system.services.find((one) => one.speaksDicom || isWebDoor(one)) === service;
}

/** The same for web doors alone. */
export function isFirstWebDoor(service: Service): boolean {
  return service.system.services.find(isWebDoor) === service;
}

/** Judges what the operator attests in the scope. An answer left out is not an answer: unknown is not safe. */
export function judgeAttested(asker: AttestationAsker, key: AttestationKey): Promise<Verdict> {
  const answer = asker.attested(key);
  if (answer === undefined) {
    return Promise.resolve(
      inconclusive('NOT_ANSWERED', `[attestations] of the scope leaves ${key} unanswered`),
    );
  }
  const facts = { attested: answer, key };
  return Promise.resolve(answer ? isProtected(facts) : exposed(facts));
}
