import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { findDicomWeb, imagingSign, isLoginEverywhere, isWebDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker, service) {
    const door = await findDicomWeb(asker);
    if (door === undefined) return notApplicable('NO_DICOMWEB', 'no DICOMweb at the usual roots');
    const { kind, root, status, answersUnknownUID } = door;
    const facts = { status, root };
    if (kind === 'open') return exposed({ ...facts, answersUnknownUID }, { grants: ['H'] });
    if (kind === 'unclear') {
      return inconclusive(
        'STATUS_UNCLEAR',
        'the search failed for a reason that says nothing about access',
        facts,
      );
    }
    // A login before everything may guard anything: only signs of imaging make it a protected archive.
    const isGuess = (await isLoginEverywhere(asker)) && (await imagingSign(asker, service)) === undefined;
    return isGuess ? notApplicable('NO_DICOMWEB', 'a login stands before everything') : isProtected(facts);
  },
};
