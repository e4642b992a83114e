import type { Check } from '../check.ts';
import { endOfLife, identifyProducts } from '../../products/index.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const answer = await asker.hello();
    if (answer.kind !== 'accepted') return isProtected(associationFacts(answer));
    const { implementationClassUID, implementationVersionName } = answer.peer;
    const products = identifyProducts({
      ...(implementationClassUID === undefined ? {} : { implementationClassUID }),
      ...(implementationVersionName === undefined ? {} : { implementationVersionName }),
    });
    if (products.length === 0) return notApplicable('PRODUCT_UNKNOWN', 'the product is in no table');
    for (const product of products) {
      const words = endOfLife(product);
      if (words !== undefined)
        return exposed({ product: product.name, version: product.version ?? '', endOfLife: words });
    }
    return isProtected({ product: products[0]?.name ?? '' });
  },
};
