import type { Check } from '../check.ts';
import { identifyProducts, vulnerabilitiesOf } from '../../products/index.ts';
import { associationFacts } from '../dimse-answers.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const answer = await asker.hello();
    if (answer.kind !== 'accepted') return isProtected(associationFacts(answer));
    const { implementationClassUID, implementationVersionName } = answer.peer;
    const signs = {
      ...(implementationClassUID === undefined ? {} : { implementationClassUID }),
      ...(implementationVersionName === undefined ? {} : { implementationVersionName }),
    };
    const product = identifyProducts(signs).find(({ version }) => version !== undefined);
    if (product?.version === undefined) return isProtected({ namesVersion: false });
    const vulnerabilities = vulnerabilitiesOf(product);
    return exposed({
      ...signs,
      product: product.name,
      version: product.version,
      potentialVulnerabilities: vulnerabilities.length,
      highestScore: Math.max(0, ...vulnerabilities.map(({ score }) => score ?? 0)),
    });
  },
};
