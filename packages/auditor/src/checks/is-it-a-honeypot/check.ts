import type { Check } from '../check.ts';
import { trapWords } from '../../products/index.ts';
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
    const query = await asker.find({ contextKey: 'study-find', level: 'STUDY', mode: 'zero-match' });
    const signs = {
      ...answer.peer,
      acceptsNonsenseClass: answer.contexts.get('nonsense-class')?.isAccepted === true,
      acceptsNonsenseSyntax: answer.contexts.get('nonsense-syntax')?.isAccepted === true,
      answersRandomUID: query.kind === 'status' && query.pending > 0,
    };
    const words = trapWords(signs);
    const facts = {
      acceptsNonsenseClass: signs.acceptsNonsenseClass,
      acceptsNonsenseSyntax: signs.acceptsNonsenseSyntax,
      answersRandomUID: signs.answersRandomUID,
    };
    return words.length === 0 ? isProtected(facts) : exposed({ ...facts, signs: words.join('; ') });
  },
};
