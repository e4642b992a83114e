import { emptyListing, isListing, objectStoreOf } from '../../protocols/object-store.ts';
import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: (service) => service.protocol === 'http' || service.protocol === 'https',
  async ask(asker) {
    const front = await asker.request({ method: 'HEAD', path: '/' });
    const store = objectStoreOf(front);
    if (store === undefined) return notApplicable('NO_OBJECT_STORE', 'it is no S3, Azure or Google storage');
    const answer = await asker.request(emptyListing(store, asker.freshUID()));
    const evidence = { store, status: answer.status };
    if (isListing(answer)) return exposed(evidence, { grants: ['S'] });
    // Azure and Google say "not found" to strangers for containers that are private.
    if ([401, 403, 404, 409].includes(answer.status)) return isProtected(evidence);
    return inconclusive('NO_LISTING', 'the answer is neither a listing nor a refusal', evidence);
  },
};
