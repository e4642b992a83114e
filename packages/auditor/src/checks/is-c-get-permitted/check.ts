import type { Check } from '../check.ts';
import { hex, refusalFacts } from '../dimse-answers.ts';
import { UNABLE_TO_PROCESS, hasOrthancBeside } from '../orthanc-beside.ts';
import { exposed, inconclusive, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker, service) {
    const answer = await asker.get({ contextKey: 'study-get', level: 'STUDY', mode: 'zero-match' });
    if (answer.kind !== 'status') return isProtected(refusalFacts(answer));
    const storage = (await asker.negotiated('storage-ct'))?.asSCP === true;
    const facts = { status: hex(answer.status), deliveryNegotiated: storage };
    if (answer.triedToStore)
      return exposed({ deliveryNegotiated: storage, beganToSend: true }, { grants: ['A5'] });
    if (answer.status === 0x0000) {
      return exposed({ ...facts, subOperations: answer.completedSuboperations ?? 0 }, { grants: ['A5'] });
    }
    if (answer.status === 0x0124 || answer.status === 0x0122) return isProtected(facts);
    if (answer.status === UNABLE_TO_PROCESS && (await hasOrthancBeside(asker, service))) {
      return exposed({ ...facts, product: 'Orthanc' }, { grants: ['A5'] });
    }
    return inconclusive(
      'STATUS_UNCLEAR',
      'the retrieval failed for a reason that says nothing about access',
      facts,
    );
  },
};
