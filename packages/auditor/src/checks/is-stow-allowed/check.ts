import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import {
  answerToNowhere,
  asksForLogin,
  findDicomWeb,
  isAbsent,
  isLoginEverywhere,
  isWebDoor,
  productOfDoor,
} from '../web-doors.ts';
import { meta } from './meta.ts';

/** "I miss the instances", and success with none: in each case the stranger was let in. */
const LET_IN = new Set([200, 202, 204, 400, 409, 411, 415, 422]);

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const door = await findDicomWeb(asker);
    if (door === undefined || (door.kind === 'login' && (await isLoginEverywhere(asker)))) {
      if (door !== undefined && (await productOfDoor(asker)) !== undefined) {
        return isProtected({ loginBeforeEverything: true });
      }
      return notApplicable('NO_DICOMWEB', 'no DICOMweb that could be told from the rest');
    }
    const answer = await asker.request({
      method: 'POST',
      path: `${door.root}/studies`,
      headers: {
        Accept: 'application/dicom+json',
        'Content-Type': 'multipart/related; type="application/dicom"; boundary=none',
      },
      body: '',
    });
    const facts = { root: door.root, status: answer.status };
    if (asksForLogin(answer)) return isProtected(facts);
    if (isAbsent(answer.status)) return notApplicable('NO_STOW', 'storing is not offered here', facts);
    // A front that refuses every POST with 400 speaks of itself, not of the archive.
    const isLikeNowhere = (await answerToNowhere(asker)).status === answer.status;
    return LET_IN.has(answer.status) && !isLikeNowhere && door.kind === 'open'
      ? exposed(facts, { grants: ['H', 'W'] })
      : inconclusive('STATUS_UNCLEAR', 'the answer does not show whether storing needs a login', facts);
  },
};
